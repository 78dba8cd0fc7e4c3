import { describeJobs } from './jobs.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeJobs(kind);
