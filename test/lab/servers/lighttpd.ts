import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HTTP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

export const lighttpd = defineServer({
  name: 'lighttpd',
  needs: { linux: true, commands: ['lighttpd'], packages: ['lighttpd'] },
  product: 'lighttpd',
  version: () => packageVersion('lighttpd'),
  doors: { http: { protocol: 'http', hello: HTTP } },
  start: async ({ dir, host, ports }) => {
    const www = join(dir, 'www');
    await mkdir(www);
    await writeFile(join(www, 'index.html'), '<html><title>lighttpd lab</title></html>\n');
    const config = `server.bind = "${host}"
server.port = ${ports.http}
server.document-root = "${www}"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
`;
    await writeFile(join(dir, 'lighttpd.conf'), config);
    return { command: 'lighttpd', args: ['-D', '-f', join(dir, 'lighttpd.conf')] };
  },
});
