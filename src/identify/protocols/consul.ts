import { z } from 'zod';
import { defineHttpApp, hasField, redirectsTo } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** HashiCorp Consul: GET /v1/agent/self, which needs a token where access lists are on. */
export const consul = defineHttpApp({
  name: 'consul',
  title: 'Consul',
  product: 'Consul',
  cpe: 'hashicorp:consul',
  ports: [8500],
  tlsPorts: [8501],
  extra: {
    datacenter: z.string().optional().describe('Name of the data centre'),
    nodeName: z.string().optional().describe('Name of the node'),
  },
  path: '/v1/agent/self',

  recognises(response) {
    return redirectsTo(response, '/ui/') || hasField(response, 'x-consul-default-acl-policy');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'Config', 'Version');
    if (version === undefined && !hasField(response, 'x-consul-default-acl-policy')) return null;
    const { datacenter, nodeName } = {
      datacenter: textAt(json, 'Config', 'Datacenter'),
      nodeName: textAt(json, 'Config', 'NodeName'),
    };
    return { version, details: { datacenter, nodeName } };
  },
});
