import { z } from 'zod';
import { defineHttpApp, hasField, titled } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/**
 * InfluxDB 1 and 2: GET /ping, whose header has the version, and a list that strangers get only
 * without a login.
 */
export const influxdb = defineHttpApp({
  name: 'influxdb',
  title: 'InfluxDB',
  product: 'InfluxDB',
  cpe: 'influxdata:influxdb',
  ports: [8086],
  extra: {
    build: z.string().optional().describe('Edition: OSS, ENT'),
  },
  path: '/ping',
  guarded: '/query?q=SHOW+DATABASES',

  recognises(response) {
    return hasField(response, 'x-influxdb-version') || titled(response, 'InfluxDB');
  },

  read(response) {
    const version = fieldOf(response, 'x-influxdb-version');
    if (version === undefined) return null;
    const build = fieldOf(response, 'x-influxdb-build');
    return { version: version.replace(/^v/, '').replace(/~.*$/, ''), details: { build } };
  },
});
