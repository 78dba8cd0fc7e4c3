import { z } from 'zod';
import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Jellyfin and Emby: GET /System/Info/Public. */
export const jellyfin = defineHttpApp({
  name: 'jellyfin',
  title: 'Jellyfin',
  product: 'Jellyfin',
  cpe: 'jellyfin:jellyfin',
  ports: [8096],
  tlsPorts: [8920],
  extra: {
    serverName: z.string().optional().describe('Name of the server'),
  },
  path: '/System/Info/Public',
  login: true,

  recognises(response) {
    return titled(response, 'Jellyfin', 'Emby') || redirectsTo(response, '/web/', 'web/');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'Version');
    if (version === undefined || textAt(json, 'ServerName') === undefined) return null;
    const details = { serverName: textAt(json, 'ServerName') };
    const isJellyfin = textAt(json, 'ProductName') === 'Jellyfin Server';
    return isJellyfin ? { version, details } : { product: 'Emby', version, details };
  },
});
