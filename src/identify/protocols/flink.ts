import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/**
 * Apache Flink dashboard: GET /config. Who reaches it uploads and runs programs; it has no login.
 */
export const flink = defineHttpApp({
  name: 'flink',
  title: 'Flink',
  product: 'Apache Flink',
  cpe: 'apache:flink',
  ports: [8081],
  path: '/config',

  recognises(response) {
    return titled(response, 'Apache Flink');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'flink-version');
    return version === undefined ? null : { version };
  },
});
