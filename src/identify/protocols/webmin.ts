import { defineHttpApp } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';

/** Webmin and Usermin: GET /, a page to log in as root. */
export const webmin = defineHttpApp({
  name: 'webmin',
  title: 'Webmin',
  product: 'Webmin',
  cpe: 'webmin:webmin',
  ports: [10000, 20000],
  tlsPorts: [10000, 20000],
  path: '/',
  login: true,

  recognises(response) {
    return (fieldOf(response, 'server') ?? '').startsWith('MiniServ/');
  },

  read(response) {
    const version = /^MiniServ\/([\d.]{1,10})/.exec(fieldOf(response, 'server') ?? '')?.[1];
    return version === undefined ? null : { version };
  },
});
