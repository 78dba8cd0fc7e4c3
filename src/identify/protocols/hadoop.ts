import { z } from 'zod';
import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/**
 * Hadoop resource manager: GET /ws/v1/cluster/info. Who reaches it runs programs on the cluster
 * unless Kerberos is on.
 */
export const hadoop = defineHttpApp({
  name: 'hadoop',
  title: 'Hadoop YARN',
  product: 'Apache Hadoop',
  cpe: 'apache:hadoop',
  ports: [8088],
  extra: {
    state: z.string().optional().describe('State of the resource manager'),
  },
  path: '/ws/v1/cluster/info',

  recognises(response) {
    return redirectsTo(response, '/cluster') || titled(response, 'All Applications');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'clusterInfo', 'hadoopVersion');
    return version === undefined
      ? null
      : { version, details: { state: textAt(json, 'clusterInfo', 'state') } };
  },
});
