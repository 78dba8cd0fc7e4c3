import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readHttpResponse } from './http-message.ts';
import { softwareNamed, softwareOfResponse } from './http-products.ts';

const shown = (text: string) =>
  softwareNamed(text).map(({ product, version }) => (version ? `${product} ${version}` : product));

it.each([
  ['nginx/1.22.1', ['nginx 1.22.1']],
  ['nginx/1.18.0 (Ubuntu)', ['nginx 1.18.0']],
  ['nginx', ['nginx']],
  [
    'Apache/2.4.57 (Debian) OpenSSL/3.0.11 PHP/8.2.7',
    ['Apache httpd 2.4.57', 'OpenSSL 3.0.11', 'PHP 8.2.7'],
  ],
  ['Apache-Coyote/1.1', ['Apache Tomcat']],
  ['Apache Tomcat/9.0.1', ['Apache Tomcat 9.0.1']],
  ['Microsoft-IIS/10.0', ['Microsoft IIS 10.0']],
  ['Jetty(9.4.57.v20241219)', ['Jetty 9.4.57']],
  ['Jetty(12.0.3)', ['Jetty 12.0.3']],
  ['SimpleHTTP/0.6 Python/3.11.2', ['Python http.server 3.11.2', 'Python 3.11.2']],
  ['Werkzeug/3.0.1 Python/3.12.1', ['Werkzeug 3.0.1', 'Python 3.12.1']],
  ['Python/3.11 aiohttp/3.8.4', ['Python 3.11', 'aiohttp 3.8.4']],
  ['WEBrick/1.4.2 (Ruby/2.5.1/2018-03-29)', ['WEBrick 1.4.2']],
  ['nginx + Phusion Passenger(R) 6.0.17', ['nginx', 'Phusion Passenger 6.0.17']],
  ['Phusion Passenger(R) 6.0.17', ['Phusion Passenger 6.0.17']],
  ['CUPS/2.4 IPP/2.1', ['CUPS 2.4']],
  ['MiniServ/2.101', ['Webmin MiniServ 2.101']],
  ['Icecast 2.4.4', ['Icecast 2.4.4']],
  ['nghttpx nghttp2/1.52.0', ['nghttpx 1.52.0']],
  ['Docker/20.10.24 (linux)', ['Docker Engine 20.10.24']],
  ['constructor/1.0', []],
  ['', []],
])('%j names %j', (text, named) => expect(shown(text)).toEqual(named));

function namedIn(fields: string) {
  const response = readHttpResponse(Buffer.from(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`));
  if (response === null) throw new Error('no response');
  return softwareOfResponse(response);
}

it('names the server first, then what powers it, each once', () => {
  const found = namedIn(
    'X-Powered-By: PHP/8.2.7\r\nServer: Apache/2.4.57 PHP\r\nX-AspNet-Version: 4.0',
  );
  expect(found).toEqual([
    {
      product: 'Apache httpd',
      version: '2.4.57',
      cpe: 'cpe:2.3:a:apache:http_server:2.4.57:*:*:*:*:*:*:*',
    },
    { product: 'PHP', version: '8.2.7', cpe: 'cpe:2.3:a:php:php:8.2.7:*:*:*:*:*:*:*' },
    { product: 'ASP.NET', version: '4.0', cpe: 'cpe:2.3:a:microsoft:asp.net:4.0:*:*:*:*:*:*:*' },
  ]);
});

it('takes a server that is not in the table by its own word, without a CPE', () => {
  expect(namedIn('Server: Homegrown/1.2b (linux)')).toEqual([
    { product: 'Homegrown', version: '1.2b' },
  ]);
  expect(namedIn('Server: just words')).toEqual([]);
});

it('never throws, whatever the field says', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2_000 }), (text) => softwareNamed(text).length <= 16),
  );
});
