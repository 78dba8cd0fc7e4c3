import { bodyHas, defineHttpApp } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Ollama: GET /api/version, and /api/tags, the list of models; it has no login. */
export const ollama = defineHttpApp({
  name: 'ollama',
  title: 'Ollama',
  product: 'Ollama',
  cpe: 'ollama:ollama',
  ports: [11434],
  path: '/api/version',
  guarded: '/api/tags',

  recognises(response) {
    return bodyHas(response, 'Ollama is running');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    // others answer this path too, with more than the version
    const alone = Object.keys(json ?? {}).length === 1;
    return version === undefined || !alone ? null : { version };
  },
});
