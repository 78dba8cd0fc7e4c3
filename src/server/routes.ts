import type { Route } from './route.ts';
import { agentRoutes } from './routes/agent.ts';
import { agentsRoutes } from './routes/agents.ts';
import { hostDoorsRoute } from './routes/host-doors.ts';
import { overviewRoute } from './routes/overview.ts';

/** Every operation of the API; test/integration/api-matrix.test.ts asks each as everybody. */
export const ROUTES: readonly Route[] = [
  overviewRoute,
  ...agentsRoutes,
  ...agentRoutes,
  hostDoorsRoute,
];
