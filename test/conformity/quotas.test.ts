import { describeQuotas } from './quotas.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeQuotas(kind);
