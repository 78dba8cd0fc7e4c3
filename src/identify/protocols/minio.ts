import { defineHttpApp, titled } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/** MinIO object store and its console: GET /minio/health/live. */
export const minio = defineHttpApp({
  name: 'minio',
  title: 'MinIO',
  product: 'MinIO',
  cpe: 'minio:minio',
  ports: [9000, 9001],
  path: '/minio/health/live',
  guarded: '/',

  recognises(response) {
    return (fieldOf(response, 'server') ?? '').startsWith('MinIO') || titled(response, 'MinIO');
  },

  read(response) {
    const server = fieldOf(response, 'server') ?? '';
    return server.startsWith('MinIO') || titled(response, 'MinIO') ? {} : null;
  },
});
