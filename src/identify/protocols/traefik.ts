import { z } from 'zod';
import { defineHttpApp, isGoNotFound, redirectsTo, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Traefik with its API open: GET /api/version. */
export const traefik = defineHttpApp({
  name: 'traefik',
  title: 'Traefik API',
  product: 'Traefik',
  cpe: 'traefik:traefik',
  ports: [8080],
  extra: {
    codename: z.string().optional().describe('Name of the release'),
  },
  path: '/api/version',

  recognises(response) {
    return (
      isGoNotFound(response) || titled(response, 'Traefik') || redirectsTo(response, '/dashboard/')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'Version');
    if (version === undefined || textAt(json, 'Codename') === undefined) return null;
    return { version, details: { codename: textAt(json, 'Codename') } };
  },
});
