import { z } from 'zod';
import { accessDetails, named, responseIs } from '../http-app.ts';
import { accessFacts } from '../http-auth.ts';
import { fieldOf, type HttpResponse } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { getFresh, getHttp } from '../http-request.ts';
import { listAt, textAt } from '../json-value.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = accessDetails.extend({
  vendor: z.string().optional().describe('Vendor in the greeting'),
  features: z.array(z.string()).optional().describe('Features in the greeting'),
});

function isCouchdb(response: HttpResponse): boolean {
  return (
    textAt(bodyJson(response), 'couchdb') === 'Welcome' ||
    (fieldOf(response, 'server') ?? '').startsWith('CouchDB/')
  );
}

function versionOf(response: HttpResponse): string | undefined {
  const server = fieldOf(response, 'server') ?? '';
  return textAt(bodyJson(response), 'version') ?? /^CouchDB\/([\w.+-]{1,40})/.exec(server)?.[1];
}

/**
 * Apache CouchDB: GET /, then GET /_all_dbs, which lists database names to those who may; only
 * whether it is refused is kept.
 */
export const couchdb = defineProtocol({
  name: 'couchdb',
  title: 'CouchDB',
  transport: 'tcp',
  over: 'http',
  ports: [5984, 5986],
  tlsPorts: [6984],
  manners: 'ask',
  details,
  recognises: responseIs(isCouchdb),

  async identify(talk) {
    const response = await getHttp(talk, '/', 'application/json');
    if (response === null || !isCouchdb(response)) return null;
    const json = bodyJson(response);
    const features = listAt(json, 'features')?.filter((item) => typeof item === 'string');
    const list = await getFresh(talk, '/_all_dbs', 'application/json');
    return {
      ...named('Apache CouchDB', 'apache:couchdb', versionOf(response)),
      details: present({
        ...accessFacts(talk, list),
        vendor: textAt(json, 'vendor', 'name'),
        features,
      }),
    };
  },
});
