import { defineHttpApp, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** SonarQube: GET /api/system/status, and /api/projects/search, which strangers must not get. */
export const sonarqube = defineHttpApp({
  name: 'sonarqube',
  title: 'SonarQube',
  product: 'SonarQube',
  cpe: 'sonarsource:sonarqube',
  ports: [9000],
  path: '/api/system/status',
  guarded: '/api/projects/search?ps=1',
  login: true,

  recognises(response) {
    return titled(response, 'SonarQube');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    return version === undefined || textAt(json, 'status') === undefined ? null : { version };
  },
});
