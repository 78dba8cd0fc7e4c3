import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** UniFi Network controller: GET /status. */
export const unifi = defineHttpApp({
  name: 'unifi',
  title: 'UniFi Network',
  product: 'UniFi Network',
  cpe: 'ui:unifi_network_application',
  ports: [8080],
  tlsPorts: [8443],
  path: '/status',
  login: true,

  recognises(response) {
    return redirectsTo(response, '/manage') || titled(response, 'UniFi');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'meta', 'server_version');
    return version === undefined ? null : { version };
  },
});
