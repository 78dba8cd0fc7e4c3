import { z } from 'zod';
import { bodyHas, defineHttpApp, hasField } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyText } from '../http-page.ts';

/**
 * ClickHouse HTTP interface: GET /?query=SELECT version(), which only a server without a password
 * for its default user answers.
 */
export const clickhouse = defineHttpApp({
  name: 'clickhouse',
  title: 'ClickHouse',
  product: 'ClickHouse',
  cpe: 'clickhouse:clickhouse',
  ports: [8123],
  tlsPorts: [8443],
  extra: {
    displayName: z.string().optional().describe('Name the server gives itself'),
  },
  path: '/?query=SELECT%20version()',

  recognises(response) {
    return (
      hasField(response, 'x-clickhouse-summary', 'x-clickhouse-server-display-name') ||
      (response.body.length === 4 && bodyHas(response, 'Ok.\n'))
    );
  },

  read(response) {
    const text = bodyText(response).slice(0, 512);
    const version = /^(\d{1,4}(?:\.\d{1,9}){1,4})\s*$/.exec(text)?.[1];
    const known = hasField(response, 'x-clickhouse-summary', 'x-clickhouse-exception-code');
    if (version === undefined && !known && !text.includes('DB::Exception')) return null;
    const displayName = fieldOf(response, 'x-clickhouse-server-display-name');
    return { version, details: { displayName } };
  },
});
