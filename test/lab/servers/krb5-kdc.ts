import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hello } from '../hello.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

const REALM = 'LAB.TEST';

/** X.690 §8.1: tag, length (all are short here), content. */
function der(tag: number, ...content: (string | Buffer)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(encodedHead(tag, body.length)), body]);
}

function encodedHead(tag: number, length: number): number[] {
  return length < 0x80 ? [tag, length] : [tag, 0x81, length];
}

const context = (number: number, content: Buffer) => der(0xa0 + number, content);
const integer = (value: number) => der(2, Buffer.from([value]));
const text = (value: string) => der(0x1b, value);
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const name = (type: number, ...parts: string[]) =>
  sequence(context(0, integer(type)), context(1, sequence(...parts.map(text))));

/** RFC 4120 §5.4.1: AS-REQ of somebody who does not exist; answered by KRB-ERROR. */
const REQUEST = der(
  0x6a,
  sequence(
    context(1, integer(5)),
    context(2, integer(10)),
    context(
      4,
      sequence(
        context(0, der(3, Buffer.alloc(5))),
        context(1, name(1, 'nobody')),
        context(2, text(REALM)),
        context(3, name(2, 'krbtgt', REALM)),
        context(5, der(0x18, '20370101000000Z')),
        context(7, integer(42)),
        context(8, sequence(integer(18), integer(17))),
      ),
    ),
  ),
);

/** RFC 4120 §5.10: KRB-ERROR is application tag 30. */
const OVER_UDP: Hello = { send: REQUEST, expect: '\x7e' };
const OVER_TCP: Hello = {
  send: Buffer.concat([Buffer.from([0, 0, 0, REQUEST.length]), REQUEST]),
  expect: (answer) => answer[4] === 0x7e,
};

export const krb5Kdc = defineServer({
  name: 'krb5-kdc',
  needs: { linux: true, commands: ['krb5kdc', 'kdb5_util'], packages: ['krb5-kdc'] },
  product: 'MIT Kerberos',
  version: () => packageVersion('krb5-kdc'),
  doors: {
    tcp: { protocol: 'kerberos', reveals: 'protocol', hello: OVER_TCP },
    udp: {
      protocol: 'kerberos',
      transport: 'udp',
      samePortAs: 'tcp',
      reveals: 'protocol',
      hello: OVER_UDP,
    },
  },
  start: async ({ dir, host, ports, run }) => {
    const where = `${host}:${ports.tcp}`;
    await writeFile(join(dir, 'krb5.conf'), `[libdefaults]\ndefault_realm = ${REALM}\n`);
    const config = `[kdcdefaults]
kdc_listen = ${where}
kdc_tcp_listen = ${where}
[realms]
${REALM} = {
  database_name = ${dir}/principal
  key_stash_file = ${dir}/stash
  acl_file = ${dir}/acl
}
[logging]
kdc = STDERR
`;
    await writeFile(join(dir, 'kdc.conf'), config);
    const env = {
      KRB5_CONFIG: join(dir, 'krb5.conf'),
      KRB5_KDC_PROFILE: join(dir, 'kdc.conf'),
    };
    await run('kdb5_util', ['create', '-s', '-r', REALM, '-P', 'not-the-default'], { env });
    return { command: 'krb5kdc', args: ['-n', '-r', REALM], env };
  },
});
