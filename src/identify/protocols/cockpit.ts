import { bodyHas, defineHttpApp, setsCookie } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Cockpit: GET /ping, which says who answers; it asks for the passwords of the machine. */
export const cockpit = defineHttpApp({
  name: 'cockpit',
  title: 'Cockpit',
  product: 'Cockpit',
  cpe: 'cockpit-project:cockpit',
  ports: [9090],
  path: '/ping',
  login: true,

  recognises(response) {
    return (
      setsCookie(response, 'cockpit=') ||
      bodyHas(response, 'cockpit/static', 'var environment = {"page"')
    );
  },

  read(response) {
    return textAt(bodyJson(response), 'service') === 'cockpit' ? {} : null;
  },
});
