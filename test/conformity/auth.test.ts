import { describeAuth } from './auth.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeAuth(kind);
