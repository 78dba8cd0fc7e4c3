import { bodyHas, defineHttpApp, hasField, redirectsTo, setsCookie } from '../http-app.ts';

/** GitLab: GET /users/sign_in. Its version is told to nobody without a login. */
export const gitlab = defineHttpApp({
  name: 'gitlab',
  title: 'GitLab',
  product: 'GitLab',
  cpe: 'gitlab:gitlab',
  ports: [],
  path: '/users/sign_in',
  login: true,

  recognises(response) {
    return (
      redirectsTo(response, '/users/sign_in') ||
      setsCookie(response, '_gitlab_session') ||
      hasField(response, 'x-gitlab-meta')
    );
  },

  read(response) {
    const ours = setsCookie(response, '_gitlab_session') || hasField(response, 'x-gitlab-meta');
    return ours || bodyHas(response, 'content="GitLab"') ? {} : null;
  },
});
