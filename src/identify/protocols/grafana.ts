import { z } from 'zod';
import { defineHttpApp, hasField, setsCookie, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/**
 * Grafana: GET /api/health, and /api/search, which strangers may read only where anonymous access
 * is on.
 */
export const grafana = defineHttpApp({
  name: 'grafana',
  title: 'Grafana',
  product: 'Grafana',
  cpe: 'grafana:grafana',
  ports: [3000],
  extra: {
    commit: z.string().optional().describe('Commit it was built from'),
  },
  path: '/api/health',
  guarded: '/api/search?limit=1',
  login: true,

  recognises(response) {
    return (
      titled(response, 'Grafana') ||
      setsCookie(response, 'grafana_session', 'redirect_to') ||
      hasField(response, 'x-grafana-id')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    if (textAt(json, 'database') === undefined) return null;
    return { version, details: { commit: textAt(json, 'commit') } };
  },
});
