import { bodyHas, defineHttpApp, hasField, redirectsTo } from '../http-app.ts';
import { bodyText } from '../http-page.ts';

/** JetBrains TeamCity: GET /login.html. */
export const teamcity = defineHttpApp({
  name: 'teamcity',
  title: 'TeamCity',
  product: 'TeamCity',
  cpe: 'jetbrains:teamcity',
  ports: [8111],
  path: '/login.html',
  login: true,

  recognises(response) {
    return hasField(response, 'teamcity-node-id') || redirectsTo(response, '/login.html');
  },

  read(response) {
    if (!hasField(response, 'teamcity-node-id') && !bodyHas(response, 'TeamCity')) return null;
    return { version: /Version (\d{4}\.\d{1,2}(?:\.\d{1,3})?)/.exec(bodyText(response))?.[1] };
  },
});
