import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { HTTP, HTTP2 } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const about = {
  needs: { linux: true, commands: ['nginx', 'openssl'], packages: ['nginx'] },
  product: 'nginx',
  version: () => packageVersion('nginx'),
} as const;

/** One `server` block: a page, a redirect (`/old`) and a page behind a password (`/secret`). */
function site({ dir, host }: World<string>, listen: string, settings = ''): string {
  return `  server {
    listen ${host}:${listen};
    server_name localhost;
    root ${dir}/www;
    ${settings}
    location /old { return 301 /new; }
    location /secret { auth_basic "lab"; auth_basic_user_file ${dir}/users; }
  }
`;
}

function tls({ certificate: { key, cert } }: World<string>): string {
  return `ssl_certificate ${cert}; ssl_certificate_key ${key};`;
}

async function launch({ dir }: World<string>, sites: readonly string[]): Promise<Launch> {
  const www = join(dir, 'www');
  await mkdir(www);
  await writeFile(join(www, 'index.html'), '<html><title>Postern lab</title>It works.</html>\n');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${dir}/${kind};\n`)
    .join('');
  const main = `daemon off;\npid ${dir}/nginx.pid;\nerror_log stderr;\nevents {}\n`;
  const http = `http {\n  access_log off;\n${temporary}${sites.join('')}}\n`;
  await writeFile(join(dir, 'nginx.conf'), main + http);
  return { command: 'nginx', args: ['-e', 'stderr', '-p', dir, '-c', join(dir, 'nginx.conf')] };
}

export const nginx = defineServer({
  ...about,
  name: 'nginx',
  doors: {
    http: { protocol: 'http', hello: HTTP },
    https: { protocol: 'https', tls: 'implicit', hello: HTTP },
    http2: { protocol: 'http2', tls: 'implicit', hello: HTTP2 },
  },
  start: (world) =>
    launch(world, [
      site(world, `${world.ports.http}`),
      site(world, `${world.ports.https} ssl`, tls(world)),
      site(world, `${world.ports.http2} ssl http2`, tls(world)),
    ]),
});

/** Adds fields to its answers that edges add to theirs; what it is stays in its Server field. */
export const nginxWithEdgeFields = defineServer({
  ...about,
  name: 'nginx-with-edge-fields',
  doors: {
    http: { protocol: 'http', hello: HTTP },
    https: { protocol: 'https', tls: 'implicit', hello: HTTP },
  },
  start: (world) => {
    const fields = 'add_header cf-ray 8c1f0a2b3c4d5e6f-FRA; add_header cf-cache-status DYNAMIC;';
    return launch(world, [
      site(world, `${world.ports.http}`, fields),
      site(world, `${world.ports.https} ssl`, `${tls(world)} ${fields}`),
    ]);
  },
});

/** Takes TLS 1.0 and 1.1 too, which Debian's OpenSSL does only at security level 0. */
export const nginxOldTls = defineServer({
  ...about,
  name: 'nginx-old-tls',
  doors: { https: { protocol: 'https', tls: 'implicit', hello: HTTP } },
  start: (world) => {
    const old = 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers DEFAULT@SECLEVEL=0;';
    return launch(world, [site(world, `${world.ports.https} ssl`, `${tls(world)} ${old}`)]);
  },
});
