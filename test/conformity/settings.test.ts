import { describeSettings } from './settings.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeSettings(kind);
