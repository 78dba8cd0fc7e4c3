import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const about = {
  needs: { linux: true, root: true, commands: ['vsftpd', 'openssl'], packages: ['vsftpd'] },
  product: 'vsftpd',
  version: () => packageVersion('vsftpd'),
} as const;

const hello = { expect: '220 (vsFTPd ' };

async function launch(world: World<string>, settings: Record<string, string>): Promise<Launch> {
  const { dir, address, ports } = world;
  await mkdir(join(dir, 'empty'));
  const all = {
    ...(address.includes(':')
      ? { listen: 'NO', listen_ipv6: 'YES', listen_address6: address }
      : { listen: 'YES', listen_address: address }),
    listen_port: String(Object.values(ports)[0]),
    background: 'NO',
    local_enable: 'YES',
    secure_chroot_dir: join(dir, 'empty'),
    xferlog_enable: 'NO',
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(dir, 'vsftpd.conf'), lines.join(''));
  return { command: 'vsftpd', args: [join(dir, 'vsftpd.conf')] };
}

function tls({ certificate }: World<string>): Record<string, string> {
  return {
    ssl_enable: 'YES',
    rsa_cert_file: certificate.cert,
    rsa_private_key_file: certificate.key,
    force_local_logins_ssl: 'NO',
    force_local_data_ssl: 'NO',
    ssl_ciphers: 'HIGH',
  };
}

/** Anonymous and in the clear. */
export const vsftpd = defineServer({
  ...about,
  name: 'vsftpd',
  doors: { plain: { protocol: 'ftp', hello } },
  start: (world) => launch(world, { anonymous_enable: 'YES', anon_root: join(world.dir, 'empty') }),
});

/** TLS on request (AUTH TLS, RFC 4217). */
export const vsftpdExplicit = defineServer({
  ...about,
  name: 'vsftpd-explicit-tls',
  doors: { plain: { protocol: 'ftp', tls: 'starttls', hello } },
  start: (world) => launch(world, { anonymous_enable: 'NO', ...tls(world) }),
});

/** TLS from the first byte. */
export const vsftpdImplicit = defineServer({
  ...about,
  name: 'vsftpd-implicit-tls',
  doors: { tls: { protocol: 'ftp', tls: 'implicit', hello } },
  start: (world) => launch(world, { anonymous_enable: 'NO', ...tls(world), implicit_ssl: 'YES' }),
});
