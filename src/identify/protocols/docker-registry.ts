import { z } from 'zod';
import { defineHttpApp, hasField } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/**
 * Registry of container images (OCI distribution): GET /v2/, which answers 200 where anybody may
 * pull.
 */
export const dockerRegistry = defineHttpApp({
  name: 'docker-registry',
  title: 'Docker registry',
  product: 'Docker registry',
  cpe: 'docker:registry',
  ports: [5000],
  extra: {
    api: z.string().optional().describe('API it speaks: registry/2.0'),
  },
  path: '/v2/',

  recognises(response) {
    return (
      hasField(response, 'docker-distribution-api-version') ||
      (response.status === 200 &&
        response.body.length === 0 &&
        fieldOf(response, 'cache-control') === 'no-cache')
    );
  },

  read(response) {
    const api = fieldOf(response, 'docker-distribution-api-version');
    return api === undefined ? null : { details: { api } };
  },
});
