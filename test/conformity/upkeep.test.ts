import { storeKinds } from './store-kinds.ts';
import { describeUpkeep } from './upkeep.ts';

for (const kind of storeKinds()) describeUpkeep(kind);
