import { httpDetails, httpIdentity } from '../http-facts.ts';
import { readHttpResponse } from '../http-message.ts';
import { visit } from '../http-visit.ts';
import { defineProtocol } from '../plugin.ts';

/**
 * HTTP/1.x in the clear (RFC 9112). Sends GET / and follows up to three redirects within the host.
 * Answers null where the server says that this port wants TLS, so that TLS is tried.
 */
export const http = defineProtocol({
  name: 'http',
  title: 'HTTP',
  transport: 'tcp',
  over: 'tcp',
  within: 'bare',
  ports: [
    80, 81, 591, 631, 2375, 2379, 2380, 3000, 3001, 3128, 4001, 4040, 4200, 4567, 4646, 5000, 5173,
    5601, 5984, 6333, 7001, 7474, 7860, 8000, 8001, 8008, 8080, 8081, 8082, 8083, 8086, 8088, 8090,
    8096, 8111, 8118, 8123, 8161, 8180, 8181, 8188, 8200, 8265, 8384, 8500, 8529, 8581, 8761, 8880,
    8888, 8889, 8983, 9000, 9001, 9002, 9080, 9090, 9091, 9093, 9200, 9201, 9999, 10249, 10255,
    10256, 11434, 15672, 18080, 19999, 32400,
  ],
  manners: 'ask',
  details: httpDetails,

  recognises(bytes) {
    return readHttpResponse(bytes) !== null;
  },

  async identify(talk) {
    if (talk.tls) return null;
    const visited = await visit(talk);
    return visited === null ? null : httpIdentity(visited);
  },
});
