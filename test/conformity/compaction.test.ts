import { describeCompaction } from './compaction.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeCompaction(kind);
