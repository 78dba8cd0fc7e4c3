import { describeEndedTenants } from './ended-tenants.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeEndedTenants(kind);
