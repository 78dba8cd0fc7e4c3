import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HTTP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const MODULES = '/usr/lib/apache2/modules';

/** Only what a bare server needs; its own listing as the page. */
const LOADED = ['mpm_event', 'authz_core', 'dir', 'mime', 'ssl', 'socache_shmcb'];

export const apache = defineServer({
  name: 'apache',
  needs: { linux: true, root: true, commands: ['apache2', 'openssl'], packages: ['apache2'] },
  product: 'Apache httpd',
  version: () => packageVersion('apache2'),
  doors: {
    http: { protocol: 'http', hello: HTTP },
    https: { protocol: 'https', tls: 'implicit', hello: HTTP },
  },
  start: async ({ dir, host, ports, certificate: { key, cert } }) => {
    const www = join(dir, 'www');
    await mkdir(www);
    await writeFile(join(www, 'index.html'), '<html><title>Apache lab</title></html>\n');
    const config = `ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/apache.pid
DefaultRuntimeDir ${dir}
ErrorLog /dev/stderr
User www-data
Group www-data
${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
Mutex file:${dir}
Listen ${host}:${ports.http}
Listen ${host}:${ports.https} https
DocumentRoot ${www}
<VirtualHost ${host}:${ports.https}>
  SSLEngine on
  SSLCertificateFile ${cert}
  SSLCertificateKeyFile ${key}
</VirtualHost>
`;
    await writeFile(join(dir, 'apache.conf'), config);
    return { command: 'apache2', args: ['-DFOREGROUND', '-f', join(dir, 'apache.conf')] };
  },
});
