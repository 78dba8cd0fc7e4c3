import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Argo CD: GET /api/version, and /api/v1/applications, which needs a login. */
export const argoCd = defineHttpApp({
  name: 'argo-cd',
  title: 'Argo CD',
  product: 'Argo CD',
  cpe: 'argoproj:argo_cd',
  ports: [8080],
  path: '/api/version',
  guarded: '/api/v1/applications',
  login: true,

  recognises(response) {
    return titled(response, 'Argo CD');
  },

  read(response) {
    const version = textAt(bodyJson(response), 'Version');
    return version?.startsWith('v')
      ? { version: version.replace(/^v/, '').replace(/\+.*$/, '') }
      : null;
  },
});
