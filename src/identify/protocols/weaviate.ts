import { bodyHas, defineHttpApp, redirectsTo } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt, valueAt } from '../json-value.ts';

/** Weaviate vector database: GET /v1/meta. */
export const weaviate = defineHttpApp({
  name: 'weaviate',
  title: 'Weaviate',
  product: 'Weaviate',
  cpe: 'weaviate:weaviate',
  ports: [],
  path: '/v1/meta',
  guarded: '/v1/schema',

  recognises(response) {
    return redirectsTo(response, '/v1') || bodyHas(response, '"/v1/meta"');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    return version === undefined || valueAt(json, 'modules') === undefined ? null : { version };
  },
});
