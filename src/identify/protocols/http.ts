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
    80, 81, 591, 3000, 3001, 3128, 4200, 4567, 5000, 5173, 7001, 8000, 8001, 8008, 8080, 8081, 8082,
    8083, 8088, 8090, 8096, 8118, 8123, 8161, 8180, 8181, 8200, 8384, 8500, 8581, 8761, 8880, 8888,
    8983, 9000, 9001, 9002, 9080, 9090, 9091, 9093, 9200, 9999, 10000, 11434, 15672, 19999, 32400,
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
