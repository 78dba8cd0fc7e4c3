import type { Route } from './route.ts';
import { agentRoutes } from './routes/agent.ts';
import { agentsRoutes } from './routes/agents.ts';
import { alertRuleRoutes } from './routes/alert-rules.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { assetRoutes } from './routes/assets.ts';
import { auditLogRoutes } from './routes/audit-log.ts';
import { changesRoute } from './routes/changes.ts';
import { channelRoutes } from './routes/channels.ts';
import { diffRoute } from './routes/diff.ts';
import { eventsRoute } from './routes/events.ts';
import { findingRoutes } from './routes/findings.ts';
import { grantRoutes } from './routes/grants.ts';
import { groupRoutes } from './routes/groups.ts';
import { hostDoorsRoute } from './routes/host-doors.ts';
import { hostRoutes } from './routes/hosts.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { jobRoutes } from './routes/jobs.ts';
import { meRoutes } from './routes/me.ts';
import { memberRoutes } from './routes/members.ts';
import { organizationRoutes } from './routes/organizations.ts';
import { overviewRoute } from './routes/overview.ts';
import { scanRoutes } from './routes/scans.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { settingsRoutes } from './routes/settings.ts';

/** Every operation of the API; test/integration/api-matrix.test.ts asks each as everybody. */
export const ROUTES: readonly Route[] = [
  overviewRoute,
  ...hostRoutes,
  changesRoute,
  diffRoute,
  ...scanRoutes,
  ...findingRoutes,
  eventsRoute,
  ...meRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...organizationRoutes,
  ...apiKeyRoutes,
  ...auditLogRoutes,
  ...assetRoutes,
  ...groupRoutes,
  ...scheduleRoutes,
  ...jobRoutes,
  ...channelRoutes,
  ...alertRuleRoutes,
  ...incidentRoutes,
  ...agentsRoutes,
  ...agentRoutes,
  hostDoorsRoute,
  ...grantRoutes,
  ...settingsRoutes,
];
