import type { Route } from './route.ts';
import { assetRoutes } from './routes/assets.ts';
import { groupRoutes } from './routes/groups.ts';
import { jobRoutes } from './routes/jobs.ts';
import { overviewRoute } from './routes/overview.ts';
import { scheduleRoutes } from './routes/schedules.ts';

/** Every operation of the API; test/integration/api-matrix.test.ts asks each as everybody. */
export const ROUTES: readonly Route[] = [
  overviewRoute,
  ...assetRoutes,
  ...groupRoutes,
  ...scheduleRoutes,
  ...jobRoutes,
];
