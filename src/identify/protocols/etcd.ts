import { z } from 'zod';
import { utf8Text } from '../bytes.ts';
import { accessDetails, isGoNotFound, named, responseIs } from '../http-app.ts';
import { refusesStrangers } from '../http-auth.ts';
import type { HttpResponse } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { getHttp, postFresh } from '../http-request.ts';
import { textAt } from '../json-value.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = accessDetails.extend({
  clusterVersion: z.string().optional().describe('Version the whole cluster agreed on'),
});

/**
 * Reads the one key NUL, which nobody has: the answer only tells whether reading needs a login
 * (etcd 3.4 and later; older ones answer 404).
 */
const RANGE = { path: '/v3/kv/range', body: '{"key":"AA==","limit":"1","keys_only":true}' };

function authRequired(response: HttpResponse | null): boolean | undefined {
  if (response === null) return undefined;
  const text = utf8Text(response.body.subarray(0, 2_048));
  if (/user name is empty|permission denied|invalid auth token/.test(text)) return true;
  return refusesStrangers(response);
}

/** etcd: GET /version, and one read of a key that cannot exist to learn whether it asks for a login. */
export const etcd = defineProtocol({
  name: 'etcd',
  title: 'etcd',
  transport: 'tcp',
  over: 'http',
  ports: [2379, 2380, 4001],
  manners: 'ask',
  details,
  recognises: responseIs(isGoNotFound),

  async identify(talk) {
    const response = await getHttp(talk, '/version', 'application/json');
    const json = response === null ? undefined : bodyJson(response);
    const version = textAt(json, 'etcdserver');
    if (version === undefined) return null;
    const range = await postFresh(talk, RANGE.path, RANGE.body);
    return {
      ...named('etcd', 'etcd:etcd', version),
      details: present({
        authRequired: authRequired(range),
        clusterVersion: textAt(json, 'etcdcluster'),
      }),
    };
  },
});
