import { z } from 'zod';
import { defineHttpApp, hasField, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Kibana and OpenSearch Dashboards: GET /api/status. */
export const kibana = defineHttpApp({
  name: 'kibana',
  title: 'Kibana',
  product: 'Kibana',
  cpe: 'elastic:kibana',
  ports: [5601],
  extra: {
    state: z.string().optional().describe('Overall state as it tells strangers'),
    instance: z.string().optional().describe('Name of the instance'),
  },
  path: '/api/status',
  guarded: '/api/spaces/space',

  recognises(response) {
    return (
      hasField(response, 'kbn-name', 'kbn-version', 'kbn-license-sig', 'osd-name') ||
      titled(response, 'Elastic', 'Kibana')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version', 'number');
    const level =
      textAt(json, 'status', 'overall', 'level') ?? textAt(json, 'status', 'overall', 'state');
    if (level === undefined && !hasField(response, 'kbn-name', 'kbn-license-sig', 'osd-name'))
      return null;
    const openSearch = hasField(response, 'osd-name');
    const facts = { version, details: { state: level, instance: textAt(json, 'name') } };
    return openSearch
      ? { ...facts, product: 'OpenSearch Dashboards', cpe: 'amazon:opensearch_dashboards' }
      : facts;
  },
});
