import { defineHttpApp, hasField } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/** Jenkins: GET /, whose header has the version. */
export const jenkins = defineHttpApp({
  name: 'jenkins',
  title: 'Jenkins',
  product: 'Jenkins',
  cpe: 'jenkins:jenkins',
  ports: [8080],
  tlsPorts: [8443],
  path: '/',

  recognises(response) {
    return hasField(response, 'x-jenkins', 'x-hudson');
  },

  read(response) {
    const version = fieldOf(response, 'x-jenkins');
    return version === undefined ? null : { version };
  },
});
