import { z } from 'zod';
import { defineHttpApp, redirectsTo } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** ArangoDB: GET /_api/version. */
export const arangodb = defineHttpApp({
  name: 'arangodb',
  title: 'ArangoDB',
  product: 'ArangoDB',
  cpe: 'arangodb:arangodb',
  ports: [8529],
  extra: {
    license: z.string().optional().describe('community or enterprise'),
  },
  path: '/_api/version',

  recognises(response) {
    return fieldOf(response, 'server') === 'ArangoDB' || redirectsTo(response, '/_db/_system/');
  },

  read(response) {
    const json = bodyJson(response);
    const ours = textAt(json, 'server') === 'arango' || fieldOf(response, 'server') === 'ArangoDB';
    return ours
      ? { version: textAt(json, 'version'), details: { license: textAt(json, 'license') } }
      : null;
  },
});
