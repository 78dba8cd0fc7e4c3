import { z } from 'zod';
import { bodyHas, defineHttpApp, titled } from '../http-app.ts';
import { bodyText, titleOf } from '../http-page.ts';

/** Master, worker or history page of Apache Spark: GET /; it has no login. */
export const spark = defineHttpApp({
  name: 'spark',
  title: 'Spark',
  product: 'Apache Spark',
  cpe: 'apache:spark',
  ports: [4040, 8080, 18080],
  extra: {
    role: z.string().optional().describe('Spark Master, Spark Worker, History Server'),
  },
  path: '/',

  recognises(response) {
    return (
      titled(response, 'Spark Master', 'Spark Worker', 'History Server', 'Spark shell') &&
      bodyHas(response, 'spark-logo')
    );
  },

  read(response) {
    const page = bodyText(response);
    const title = titleOf(page) ?? '';
    if (!bodyHas(response, 'spark-logo')) return null;
    const version = /class="version"[^>]{0,100}>\s{0,40}(\d[\w.-]{0,30})/.exec(page)?.[1];
    return { version, details: { role: title.replace(/ at .*$/, '') } };
  },
});
