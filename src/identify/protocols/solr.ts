import { z } from 'zod';
import { defineHttpApp, redirectsTo, titled } from '../http-app.ts';
import { fieldOf } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { textAt } from '../json-value.ts';

/** Apache Solr: GET /solr/admin/info/system. */
export const solr = defineHttpApp({
  name: 'solr',
  title: 'Solr',
  product: 'Apache Solr',
  cpe: 'apache:solr',
  ports: [8983],
  extra: {
    mode: z.string().optional().describe('std or solrcloud'),
  },
  path: '/solr/admin/info/system?wt=json',

  recognises(response) {
    return redirectsTo(response, '/solr/') || titled(response, 'Solr Admin');
  },

  read(response) {
    const json = bodyJson(response);
    const version = textAt(json, 'lucene', 'solr-spec-version');
    const challenge = fieldOf(response, 'www-authenticate') ?? '';
    if (version === undefined && !/realm="solr"/i.test(challenge.slice(0, 256))) return null;
    return { version, details: { mode: textAt(json, 'mode') } };
  },
});
