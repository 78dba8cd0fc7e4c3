import { z } from 'zod';
import { defineHttpApp } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyText, titleOf } from '../http-page.ts';

/** CUPS, the print server, over IPP: GET /, and /admin, which asks for a password. */
export const cups = defineHttpApp({
  name: 'cups',
  title: 'CUPS',
  product: 'CUPS',
  cpe: 'openprinting:cups',
  ports: [631],
  extra: {
    ipp: z.string().optional().describe('Version of IPP: 2.1'),
  },
  path: '/',
  guarded: '/admin/',

  recognises(response) {
    return (fieldOf(response, 'server') ?? '').startsWith('CUPS/');
  },

  read(response) {
    const server = fieldOf(response, 'server') ?? '';
    const named = /^CUPS\/([\d.]{1,20})/.exec(server)?.[1];
    if (named === undefined) return null;
    const exact = /CUPS (\d[\w.]{0,20})$/.exec(titleOf(bodyText(response)) ?? '')?.[1];
    return { version: exact ?? named, details: { ipp: / IPP\/([\d.]{1,8})/.exec(server)?.[1] } };
  },
});
