import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DNS, DNS_OVER_TCP } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/**
 * Answers for lab.test, and recursively for everybody; its root zone is its own and empty, so
 * that no question leaves the machine.
 */
export const bind = defineServer({
  name: 'bind',
  needs: { linux: true, commands: ['named', 'openssl'], packages: ['bind9'] },
  product: 'BIND',
  version: () => packageVersion('bind9'),
  doors: {
    tcp: { protocol: 'dns', hello: DNS_OVER_TCP },
    udp: { protocol: 'dns', transport: 'udp', samePortAs: 'tcp', hello: DNS },
    tls: { protocol: 'dns', tls: 'implicit', hello: DNS_OVER_TCP },
  },
  start: async ({ dir, address, ports, certificate: { key, cert } }) => {
    const family = address.includes(':') ? '-v6' : '';
    const otherFamily = address.includes(':') ? 'listen-on { none; };' : 'listen-on-v6 { none; };';
    const config = `tls lab { key-file "${key}"; cert-file "${cert}"; };
options {
  directory "${dir}";
  pid-file none;
  session-keyfile none;
  listen-on${family} port ${ports.tcp} { ${address}; };
  listen-on${family} port ${ports.tls} tls lab { ${address}; };
  ${otherFamily}
  recursion yes;
  allow-recursion { any; };
  allow-query { any; };
  dnssec-validation no;
  empty-zones-enable no;
  notify no;
};
controls { };
zone "." { type primary; file "root.zone"; };
zone "lab.test" { type primary; file "lab.zone"; };
`;
    const head = '$TTL 60\n@ SOA localhost. root.localhost. 1 60 60 60 60\n@ NS localhost.\n';
    await writeFile(join(dir, 'named.conf'), config);
    await writeFile(join(dir, 'root.zone'), head);
    await writeFile(join(dir, 'lab.zone'), `${head}@ A 127.0.0.1\n`);
    return { command: 'named', args: ['-g', '-n', '1', '-c', join(dir, 'named.conf')] };
  },
});
