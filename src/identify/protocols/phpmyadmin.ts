import { defineHttpApp, setsCookie, titled } from '../http-app.ts';
import { bodyText } from '../http-page.ts';

/** phpMyAdmin at the root of a server: GET /. */
export const phpmyadmin = defineHttpApp({
  name: 'phpmyadmin',
  title: 'phpMyAdmin',
  product: 'phpMyAdmin',
  cpe: 'phpmyadmin:phpmyadmin',
  ports: [],
  path: '/',
  login: true,

  recognises(response) {
    return titled(response, 'phpMyAdmin') || setsCookie(response, 'phpMyAdmin', 'pma_lang');
  },

  read(response) {
    if (!titled(response, 'phpMyAdmin') && !setsCookie(response, 'phpMyAdmin', 'pma_lang'))
      return null;
    const version = /[?&;]v=(\d[\w.-]{1,20})["&]/.exec(bodyText(response))?.[1];
    return { version };
  },
});
