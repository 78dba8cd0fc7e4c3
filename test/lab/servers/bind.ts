import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hello } from '../hello.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** RFC 1035 §4.1: a question for the address of lab.test. */
const QUESTION = '\x12\x34\0\0\0\x01\0\0\0\0\0\0\x03lab\x04test\0\0\x01\0\x01';

/** RFC 1035 §4.2.2: over TCP a message is preceded by its length. */
const OVER_TCP: Hello = {
  send: `\0${String.fromCharCode(QUESTION.length)}${QUESTION}`,
  expect: (answer) => answer.length > 14 && answer.readUInt16BE(2) === 0x1234,
};
const OVER_UDP: Hello = { send: QUESTION, expect: '\x12\x34' };

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
    tcp: { protocol: 'dns', hello: OVER_TCP },
    udp: { protocol: 'dns', transport: 'udp', samePortAs: 'tcp', hello: OVER_UDP },
    tls: { protocol: 'dns', tls: 'implicit', hello: OVER_TCP },
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
