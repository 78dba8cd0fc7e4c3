import { defineHttpApp, hasField } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/** Syncthing: GET /, and /rest/system/version, which needs a login or a key. */
export const syncthing = defineHttpApp({
  name: 'syncthing',
  title: 'Syncthing',
  product: 'Syncthing',
  cpe: 'syncthing:syncthing',
  ports: [8384],
  path: '/',
  guarded: '/',

  recognises(response) {
    return hasField(response, 'x-syncthing-version');
  },

  read(response) {
    const version = fieldOf(response, 'x-syncthing-version');
    return version === undefined ? null : { version: version.replace(/^v/, '') };
  },
});
