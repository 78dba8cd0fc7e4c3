import type { Route } from './route.ts';
import { alertRuleRoutes } from './routes/alert-rules.ts';
import { channelRoutes } from './routes/channels.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { overviewRoute } from './routes/overview.ts';

/** Every operation of the API; test/integration/api-matrix.test.ts asks each as everybody. */
export const ROUTES: readonly Route[] = [
  overviewRoute,
  ...channelRoutes,
  ...alertRuleRoutes,
  ...incidentRoutes,
];
