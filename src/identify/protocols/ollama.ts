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
    const version = textAt(bodyJson(response), 'version');
    return version === undefined ? null : { version };
  },
});
