import { defineHttpApp, hasField } from '../http-app.ts';
import { bodyText } from '../http-page.ts';

/** Plex Media Server: GET /identity. */
export const plex = defineHttpApp({
  name: 'plex',
  title: 'Plex',
  product: 'Plex Media Server',
  cpe: 'plex:media_server',
  ports: [32400],
  path: '/identity',
  guarded: '/',

  recognises(response) {
    return hasField(response, 'x-plex-protocol');
  },

  read(response) {
    const text = bodyText(response).slice(0, 2_048);
    if (!text.includes('<MediaContainer') || !text.includes('machineIdentifier=')) return null;
    return {
      version: /version="(\d[\w.-]{1,40})"/.exec(text.replace(/^<\?xml[^>]{0,100}\?>/, ''))?.[1],
    };
  },
});
