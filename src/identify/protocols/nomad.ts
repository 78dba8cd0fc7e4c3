import { z } from 'zod';
import { defineHttpApp, hasField, redirectsTo } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** HashiCorp Nomad: GET /v1/agent/self, which needs a token where access lists are on. */
export const nomad = defineHttpApp({
  name: 'nomad',
  title: 'Nomad',
  product: 'Nomad',
  cpe: 'hashicorp:nomad',
  ports: [4646],
  extra: {
    region: z.string().optional().describe('Region of the agent'),
  },
  path: '/v1/agent/self',

  recognises(response) {
    return redirectsTo(response, '/ui/');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'config', 'Version', 'Version');
    const refused =
      response.status === 403 && hasField(response, 'x-nomad-index', 'x-nomad-knownleader');
    if (version === undefined && !refused) return null;
    return { version, details: { region: textAt(json, 'config', 'Region') } };
  },
});
