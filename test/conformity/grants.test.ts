import { describeGrants } from './grants.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeGrants(kind);
