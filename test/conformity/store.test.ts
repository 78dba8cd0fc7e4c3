import { describeStore } from './store.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeStore(kind);
