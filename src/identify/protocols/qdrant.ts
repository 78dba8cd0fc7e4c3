import { bodyHas, defineHttpApp } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Qdrant vector database: GET /, and /collections, which needs a key where one is set. */
export const qdrant = defineHttpApp({
  name: 'qdrant',
  title: 'Qdrant',
  product: 'Qdrant',
  cpe: 'qdrant:qdrant',
  ports: [6333],
  path: '/',
  guarded: '/collections',

  recognises(response) {
    return bodyHas(response, 'qdrant - vector search engine', 'qdrant - vector database');
  },

  read(response) {
    const json = bodyJson(response);
    const title = textAt(json, 'title') ?? '';
    return title.startsWith('qdrant') ? { version: textAt(json, 'version') } : null;
  },
});
