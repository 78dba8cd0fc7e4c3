import type { Route } from './route.ts';
import { grantRoutes } from './routes/grants.ts';
import { overviewRoute } from './routes/overview.ts';
import { settingsRoutes } from './routes/settings.ts';

/** Every operation of the API; test/integration/api-matrix.test.ts asks each as everybody. */
export const ROUTES: readonly Route[] = [overviewRoute, ...grantRoutes, ...settingsRoutes];
