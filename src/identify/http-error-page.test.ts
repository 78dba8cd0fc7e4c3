import { expect, it } from 'vitest';
import { softwareOfPage } from './http-error-page.ts';
import { readHttpResponse } from './http-message.ts';

function namedIn(body: string): string[] {
  const response = readHttpResponse(Buffer.from(`HTTP/1.1 404 x\r\n\r\n${body}`));
  if (response === null) throw new Error('no response');
  return softwareOfPage(response).map(({ product, version }) => `${product} ${version ?? ''}`);
}

it.each([
  ['<h3>Apache Tomcat/10.1.60 (Debian)</h3>', 'Apache Tomcat 10.1.60'],
  ['<a href="https://eclipse.org/jetty">Powered by Jetty:// 9.4.57.v20241219</a>', 'Jetty 9.4.57'],
  ['<hr><address>Apache/2.4.71 (Debian) Server at x Port 80</address>', 'Apache httpd 2.4.71'],
  ['<hr><center>nginx/1.22.1</center>', 'nginx 1.22.1'],
  ['<hr><center>nginx</center>', 'nginx '],
  ['<h1>503 Service Unavailable</h1>\nNo server is available to handle this request.', 'HAProxy '],
  ['<pre>Cannot GET /nope</pre>', 'Express '],
  ['<h1>Whitelabel Error Page</h1>', 'Spring Boot '],
])('%s', (body, name) => {
  expect(namedIn(body)[0]).toBe(name);
  expect(namedIn(`${'x'.repeat(30_000)}${body}`)[0]).toBe(name);
});

it('names nothing where nothing is named', () => {
  expect(namedIn('<h1>Not found</h1>')).toEqual([]);
  expect(namedIn('')).toEqual([]);
});
