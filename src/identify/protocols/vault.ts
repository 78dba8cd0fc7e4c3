import { z } from 'zod';
import { bodyHas, defineHttpApp, hasField, redirectsTo } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { flagAt, textAt } from '../json-value.ts';

/**
 * HashiCorp Vault (and OpenBao): GET /v1/sys/health, which is there for load balancers; everything
 * else needs a token.
 */
export const vault = defineHttpApp({
  name: 'vault',
  title: 'Vault',
  product: 'Vault',
  cpe: 'hashicorp:vault',
  ports: [8200],
  extra: {
    sealed: z.boolean().optional().describe('True while its keys are locked away'),
    standby: z.boolean().optional().describe('True when another node answers for it'),
    clusterName: z.string().optional().describe('Name of the cluster'),
  },
  path: '/v1/sys/health',
  login: true,

  recognises(response) {
    return (
      redirectsTo(response, '/ui/') ||
      (hasField(response, 'strict-transport-security') && bodyHas(response, '{"errors":['))
    );
  },

  read(response) {
    const json = bodyJson(response);
    const sealed = flagAt(json, 'sealed');
    if (sealed === undefined || flagAt(json, 'initialized') === undefined) return null;
    const details = {
      sealed,
      standby: flagAt(json, 'standby'),
      clusterName: textAt(json, 'cluster_name'),
    };
    return { version: textAt(json, 'version'), details };
  },
});
