import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/**
 * Ray dashboard: GET /api/version. Who reaches it runs programs on the cluster; it has no login.
 */
export const ray = defineHttpApp({
  name: 'ray',
  title: 'Ray dashboard',
  product: 'Ray',
  cpe: 'anyscale:ray',
  ports: [8265],
  path: '/api/version',
  guarded: '/api/jobs/',

  recognises(response) {
    return titled(response, 'Ray Dashboard');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'ray_version');
    return version === undefined ? null : { version };
  },
});
