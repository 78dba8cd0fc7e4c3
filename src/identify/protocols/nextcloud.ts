import { z } from 'zod';
import { defineHttpApp, redirectsTo, setsCookie, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { flagAt, textAt } from '../json-value.ts';

/** Nextcloud and ownCloud: GET /status.php. */
export const nextcloud = defineHttpApp({
  name: 'nextcloud',
  title: 'Nextcloud',
  product: 'Nextcloud',
  cpe: 'nextcloud:nextcloud_server',
  ports: [],
  extra: {
    maintenance: z.boolean().optional().describe('True while it is under maintenance'),
  },
  path: '/status.php',
  login: true,

  recognises(response) {
    return (
      setsCookie(response, '__Host-nc_', 'nc_sameSite', 'oc_sessionPassphrase') ||
      titled(response, 'Nextcloud', 'ownCloud') ||
      redirectsTo(response, '/index.php/login', '/login')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'versionstring');
    if (version === undefined || flagAt(json, 'installed') === undefined) return null;
    const details = { maintenance: flagAt(json, 'maintenance') };
    const ownCloud = textAt(json, 'productname')?.startsWith('ownCloud') === true;
    return ownCloud
      ? { product: 'ownCloud', cpe: 'owncloud:owncloud', version, details }
      : { version, details };
  },
});
