import { z } from 'zod';
import { utf8Text } from '../bytes.ts';
import { accessDetails, named, responseIs } from '../http-app.ts';
import { accessFacts } from '../http-auth.ts';
import { fieldOf, type HttpResponse } from '../http-message.ts';
import { bodyJson } from '../http-page.ts';
import { getHttp } from '../http-request.ts';
import { textAt } from '../json-value.ts';
import { defineProtocol } from '../plugin.ts';
import { present } from '../present.ts';

const details = accessDetails.extend({
  distribution: z
    .enum(['elasticsearch', 'opensearch'])
    .describe('Which of the two products of this protocol answers'),
  clusterName: z.string().optional().describe('Name of the cluster'),
  nodeName: z.string().optional().describe('Name of the node'),
  luceneVersion: z.string().optional().describe('Version of the Lucene library in it'),
});

type Distribution = z.infer<typeof details>['distribution'];

/** By the greeting page, or by how access to it is refused; null when it is neither product. */
function distributionOf(response: HttpResponse): Distribution | null {
  const text = utf8Text(response.body.subarray(0, 4_096));
  const challenge = fieldOf(response, 'www-authenticate') ?? '';
  if (text.includes('"opensearch"') || text.includes('The OpenSearch Project')) return 'opensearch';
  if (/realm="OpenSearch/i.test(challenge.slice(0, 256))) return 'opensearch';
  if (text.includes('You Know, for Search')) return 'elasticsearch';
  if (fieldOf(response, 'x-elastic-product') === 'Elasticsearch') return 'elasticsearch';
  const refused = text.includes('security_exception') && text.includes('"root_cause"');
  return refused ? 'elasticsearch' : null;
}

const NAMES = {
  elasticsearch: ['Elasticsearch', 'elastic:elasticsearch'],
  opensearch: ['OpenSearch', 'amazon:opensearch'],
} as const;

/** Elasticsearch and OpenSearch REST API: GET /, which describes the node. */
export const elasticsearch = defineProtocol({
  name: 'elasticsearch',
  title: 'Elasticsearch',
  transport: 'tcp',
  over: 'http',
  ports: [9200, 9201],
  manners: 'ask',
  details,
  recognises: responseIs((response) => distributionOf(response) !== null),

  async identify(talk) {
    const response = await getHttp(talk, '/', 'application/json');
    const distribution = response === null ? null : distributionOf(response);
    if (response === null || distribution === null) return null;
    const json = bodyJson(response);
    const [product, cpe] = NAMES[distribution];
    return {
      ...named(product, cpe, textAt(json, 'version', 'number')),
      details: present({
        distribution,
        ...accessFacts(talk, response),
        clusterName: textAt(json, 'cluster_name'),
        nodeName: textAt(json, 'name'),
        luceneVersion: textAt(json, 'version', 'lucene_version'),
      }),
    };
  },
});
