import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/**
 * Jupyter Server and Notebook: GET /api, and /api/status, which needs a token unless it was
 * switched off: with it, strangers run commands.
 */
export const jupyter = defineHttpApp({
  name: 'jupyter',
  title: 'Jupyter',
  product: 'Jupyter Server',
  cpe: 'jupyter:jupyter_server',
  ports: [8888, 8889],
  path: '/api',
  guarded: '/api/status',
  login: true,

  recognises(response) {
    return (
      titled(response, 'Jupyter', 'Home Page - Select or create a notebook') ||
      redirectsTo(response, '/lab', '/tree', '/login?next=%2Flab', '/login?next=%2Ftree', '/hub/')
    );
  },

  read(response) {
    const version = textAt(bodyJson(response), 'version');
    const tornado = (fieldOf(response, 'server') ?? '').startsWith('TornadoServer');
    return version === undefined || !tornado ? null : { version };
  },
});
