import { z } from 'zod';
import { defineHttpApp, titled } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { textAt, valueAt } from '../json-value.ts';

/**
 * Netdata: GET /api/v1/info, which tells strangers everything about the machine unless it is
 * closed.
 */
export const netdata = defineHttpApp({
  name: 'netdata',
  title: 'Netdata',
  product: 'Netdata',
  cpe: 'netdata:netdata',
  ports: [19999],
  extra: {
    os: z.string().optional().describe('Operating system of the machine'),
  },
  path: '/api/v1/info',

  recognises(response) {
    return (
      /^Netdata Embedded/i.test(fieldOf(response, 'server') ?? '') ||
      titled(response, 'netdata', 'Netdata')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    if (version === undefined || valueAt(json, 'mirrored_hosts') === undefined) return null;
    return { version: version.replace(/^v/, ''), details: { os: textAt(json, 'os_name') } };
  },
});
