import { describeAgents } from './agents.ts';
import { storeKinds } from './store-kinds.ts';

for (const kind of storeKinds()) describeAgents(kind);
