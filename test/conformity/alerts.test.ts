import { describeAlerts } from './alerts.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeAlerts(kind);
