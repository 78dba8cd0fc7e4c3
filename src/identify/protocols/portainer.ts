import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Portainer: GET /api/status; it asks for a password. */
export const portainer = defineHttpApp({
  name: 'portainer',
  title: 'Portainer',
  product: 'Portainer',
  cpe: 'portainer:portainer',
  ports: [9000],
  tlsPorts: [9443],
  path: '/api/status',
  login: true,

  recognises(response) {
    return titled(response, 'Portainer');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'Version');
    return version === undefined || textAt(json, 'InstanceID') === undefined ? null : { version };
  },
});
