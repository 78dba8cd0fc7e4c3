import { describeLists } from './lists.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeLists(kind);
