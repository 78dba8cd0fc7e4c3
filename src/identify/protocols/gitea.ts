import { bodyHas, defineHttpApp, setsCookie } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Gitea and Forgejo: GET /api/v1/version. */
export const gitea = defineHttpApp({
  name: 'gitea',
  title: 'Gitea',
  product: 'Gitea',
  cpe: 'gitea:gitea',
  ports: [3000],
  path: '/api/v1/version',
  login: true,

  recognises(response) {
    return (
      setsCookie(response, 'i_like_gitea', 'i_like_forgejo') ||
      bodyHas(response, 'Powered by Gitea', 'Powered by Forgejo')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    // nothing else stands in the answer; other programs have this path too
    if (version === undefined || Object.keys(Object(json)).length !== 1) return null;
    // Forgejo: 7.0.1+gitea-1.22.0
    return version.includes('+gitea')
      ? { product: 'Forgejo', cpe: 'forgejo:forgejo', version: version.replace(/\+.*$/, '') }
      : { version: version.replace(/\+.*$/, '') };
  },
});
