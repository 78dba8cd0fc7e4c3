import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

/** The services that a receiving Postfix cannot do without: name, type, private, wakeup, command. */
const INNER_SERVICES = [
  'postlog unix-dgram n - n - 1 postlogd',
  'pickup unix n - n 60 1 pickup',
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'proxymap unix - - n - - proxymap',
  'anvil unix - - n - 1 anvil',
  'scache unix - - n - 1 scache',
];

/** Delivers nothing anywhere: every address is refused, and there is no service that sends. */
function mainConfig({ dir, address, certificate }: World<'smtp' | 'smtps'>): string {
  const settings = {
    compatibility_level: '3.6',
    queue_directory: `${dir}/queue`,
    data_directory: `${dir}/data`,
    maillog_file: `${dir}/mail.log`,
    maillog_file_prefixes: dir,
    inet_interfaces: address,
    inet_protocols: address.includes(':') ? 'ipv6' : 'ipv4',
    myhostname: 'lab.test',
    mydestination: '',
    smtpd_relay_restrictions: 'reject',
    smtpd_tls_security_level: 'may',
    smtpd_tls_cert_file: certificate.cert,
    smtpd_tls_key_file: certificate.key,
    smtpd_peername_lookup: 'no',
    alias_maps: '',
    local_recipient_maps: '',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  return lines.join('');
}

/** The usual greeting tells the product; smtps adds the version, as many set it. */
export const postfix = defineServer({
  name: 'postfix',
  needs: { linux: true, root: true, commands: ['postfix', 'openssl'], packages: ['postfix'] },
  product: 'Postfix',
  version: () => packageVersion('postfix'),
  doors: {
    smtp: { protocol: 'smtp', tls: 'starttls', reveals: 'product', hello: { expect: '220 ' } },
    smtps: { protocol: 'smtp', tls: 'implicit', hello: { expect: '220 ' } },
  },
  start: async (world) => {
    const { dir, address, ports, run } = world;
    const services = [
      `${address}:${ports.smtp} inet n - n - - smtpd`,
      `${address}:${ports.smtps} inet n - n - - smtpd`,
      '  -o smtpd_tls_wrappermode=yes',
      '  -o { smtpd_banner = $myhostname ESMTP $mail_name ($mail_version) }',
      ...INNER_SERVICES,
    ];
    const config = join(dir, 'etc');
    await mkdir(config);
    await mkdir(join(dir, 'queue'));
    await run('install', ['-d', '-o', 'postfix', join(dir, 'data')]);
    await writeFile(join(config, 'main.cf'), mainConfig(world));
    await writeFile(join(config, 'master.cf'), `${services.join('\n')}\n`);
    return { command: 'postfix', args: ['-c', config, 'start-fg'] };
  },
});
