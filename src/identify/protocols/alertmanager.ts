import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt, valueAt } from '../json-value.ts';

/** Prometheus Alertmanager: GET /api/v2/status. */
export const alertmanager = defineHttpApp({
  name: 'alertmanager',
  title: 'Alertmanager',
  product: 'Alertmanager',
  cpe: 'prometheus:alertmanager',
  ports: [9093],
  path: '/api/v2/status',

  recognises(response) {
    return titled(response, 'Alertmanager');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'versionInfo', 'version');
    return version === undefined || valueAt(json, 'cluster') === undefined ? null : { version };
  },
});
