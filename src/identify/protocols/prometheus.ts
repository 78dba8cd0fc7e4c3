import { z } from 'zod';
import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Prometheus: GET /api/v1/status/buildinfo; without a web configuration it serves anybody. */
export const prometheus = defineHttpApp({
  name: 'prometheus',
  title: 'Prometheus',
  product: 'Prometheus',
  cpe: 'prometheus:prometheus',
  ports: [9090],
  extra: {
    goVersion: z.string().optional().describe('Version of Go it was built with'),
  },
  path: '/api/v1/status/buildinfo',

  recognises(response) {
    return (
      redirectsTo(response, '/graph', '/query', '/classic/graph') || titled(response, 'Prometheus ')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'data', 'version');
    if (textAt(json, 'status') !== 'success' || version === undefined) return null;
    const goVersion = textAt(json, 'data', 'goVersion');
    return { version: version.replace(/\+.*$/, ''), details: { goVersion } };
  },
});
