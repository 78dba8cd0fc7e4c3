import { z } from 'zod';
import { defineHttpApp } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/** Sonatype Nexus Repository: GET /, whose Server field has the version. */
export const nexus = defineHttpApp({
  name: 'nexus',
  title: 'Nexus Repository',
  product: 'Nexus Repository',
  cpe: 'sonatype:nexus_repository_manager',
  ports: [8081],
  extra: {
    edition: z.string().optional().describe('OSS, PRO or COMMUNITY'),
  },
  path: '/',
  guarded: '/service/rest/v1/repositories',
  login: true,

  recognises(response) {
    return (fieldOf(response, 'server') ?? '').startsWith('Nexus/');
  },

  read(response) {
    const server = fieldOf(response, 'server') ?? '';
    const match = /^Nexus\/([\d.]{1,20})(?:-\d{1,4})? \((\w{1,20})\)/.exec(server);
    return match === null ? null : { version: match[1], details: { edition: match[2] } };
  },
});
