import { z } from 'zod';
import { bodyHas, defineHttpApp } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Neo4j over HTTP: GET /, which names the version; the data behind it needs a login. */
export const neo4j = defineHttpApp({
  name: 'neo4j',
  title: 'Neo4j',
  product: 'Neo4j',
  cpe: 'neo4j:neo4j',
  ports: [7474],
  tlsPorts: [7473],
  extra: {
    edition: z.string().optional().describe('community or enterprise'),
  },
  path: '/',
  guarded: '/db/neo4j/tx',

  recognises(response) {
    return bodyHas(response, '"neo4j_version"');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'neo4j_version');
    return version === undefined
      ? null
      : { version, details: { edition: textAt(json, 'neo4j_edition') } };
  },
});
