import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { bodyJson } from '../http-page.ts';
import { textAt, valueAt } from '../json-value.ts';

/** Apache Airflow: GET /api/v1/version, and /api/v1/dags, which needs a login. */
export const airflow = defineHttpApp({
  name: 'airflow',
  title: 'Airflow',
  product: 'Apache Airflow',
  cpe: 'apache:airflow',
  ports: [8080],
  path: '/api/v1/version',
  guarded: '/api/v1/dags?limit=1',
  login: true,

  recognises(response) {
    return (
      titled(response, 'Airflow', 'Sign In - Airflow', 'DAGs - Airflow') ||
      redirectsTo(response, '/home', '/login/?next=')
    );
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'version');
    return version === undefined || valueAt(json, 'git_version') === undefined ? null : { version };
  },
});
