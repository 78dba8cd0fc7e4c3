import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** RFC 4511 §4.5: search for the root entry (base "", scope base, objectClass present). */
const ROOT_SEARCH =
  '\x30\x25\x02\x01\x01\x63\x20\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\x87\x0bobjectClass\x30\0';
const hello = { send: ROOT_SEARCH, expect: '\x30' };

/** Answers anonymous searches; the root entry names OpenLDAP, and never the version. */
export const slapd = defineServer({
  name: 'slapd',
  needs: { linux: true, commands: ['slapd', 'openssl'], packages: ['slapd'] },
  product: 'OpenLDAP',
  version: () => packageVersion('slapd'),
  doors: {
    ldap: { protocol: 'ldap', tls: 'starttls', reveals: 'product', hello },
    ldaps: { protocol: 'ldap', tls: 'implicit', reveals: 'product', hello },
  },
  start: async ({ dir, host, ports, certificate: { key, cert } }) => {
    await mkdir(join(dir, 'data'));
    const config = `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${dir}/slapd.pid
argsfile ${dir}/slapd.args
TLSCertificateFile ${cert}
TLSCertificateKeyFile ${key}
database mdb
suffix "dc=lab,dc=test"
rootdn "cn=admin,dc=lab,dc=test"
rootpw not-the-default
directory ${dir}/data
maxsize 1048576
`;
    await writeFile(join(dir, 'slapd.conf'), config);
    const urls = `ldap://${host}:${ports.ldap}/ ldaps://${host}:${ports.ldaps}/`;
    return { command: 'slapd', args: ['-d', '0', '-f', join(dir, 'slapd.conf'), '-h', urls] };
  },
});
