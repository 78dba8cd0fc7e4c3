import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const GET = 'GET / HTTP/1.0\r\n\r\n';
/** RFC 9113 §3.4: the client's preface, then an empty SETTINGS frame. */
const HTTP2_PREFACE = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(3)}\x04${'\0'.repeat(5)}`;

/** A page, a redirect (`/old`) and a page behind a password (`/secret`). */
export const nginx = defineServer({
  name: 'nginx',
  needs: { linux: true, commands: ['nginx', 'openssl'], packages: ['nginx'] },
  product: 'nginx',
  version: () => packageVersion('nginx'),
  doors: {
    http: { protocol: 'http', hello: { send: GET, expect: 'HTTP/1.1 200 OK' } },
    https: {
      protocol: 'https',
      tls: 'implicit',
      hello: { send: GET, expect: 'HTTP/1.1 200 OK' },
    },
    http2: {
      protocol: 'http2',
      tls: 'implicit',
      hello: {
        alpn: ['h2'],
        send: HTTP2_PREFACE,
        expect: (answer) => answer.length >= 9 && answer[3] === 4,
      },
    },
  },
  start: async ({ dir, address, ports, certificate: { key, cert } }) => {
    const www = join(dir, 'www');
    await mkdir(www);
    await writeFile(join(www, 'index.html'), '<html><title>Postern lab</title>It works.</html>\n');
    const authority = address.includes(':') ? `[${address}]` : address;
    const server = (listen: string, more = '') => `
  server {
    listen ${authority}:${listen};
    server_name localhost;
    root ${www};${more}
    location /old { return 301 /new; }
    location /secret { auth_basic "lab"; auth_basic_user_file ${dir}/users; }
  }`;
    const tls = `\n    ssl_certificate ${cert};\n    ssl_certificate_key ${key};`;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `  ${kind}_temp_path ${dir}/${kind};`)
      .join('\n');
    const config = `daemon off;
pid ${dir}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
${temporary}
${server(`${ports.http}`)}
${server(`${ports.https} ssl`, tls)}
${server(`${ports.http2} ssl http2`, tls)}
}
`;
    await writeFile(join(dir, 'nginx.conf'), config);
    return {
      command: 'nginx',
      args: ['-e', 'stderr', '-p', dir, '-c', join(dir, 'nginx.conf')],
    };
  },
});
