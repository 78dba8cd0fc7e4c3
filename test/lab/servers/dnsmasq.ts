import { mkdir } from 'node:fs/promises';
import { DNS } from '../hellos.ts';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** A read request (RFC 1350 §5) for a file that is not there. */
const READ = '\0\x01lab.none\0octet\0';

/** Names and start files, as in small networks; it forwards nothing. */
export const dnsmasq = defineServer({
  name: 'dnsmasq',
  needs: { linux: true, root: true, commands: ['dnsmasq'], packages: ['dnsmasq-base'] },
  product: 'dnsmasq',
  version: () => packageVersion('dnsmasq-base'),
  doors: {
    dns: { protocol: 'dns', transport: 'udp', fixed: 53, hello: DNS },
    tftp: {
      protocol: 'tftp',
      transport: 'udp',
      fixed: 69,
      reveals: 'protocol',
      hello: { send: READ, expect: '\0\x05' },
    },
  },
  start: async ({ dir, address }) => {
    await mkdir(`${dir}/files`);
    return {
      command: 'dnsmasq',
      args: [
        ['-k', '-C', '/dev/null', '--no-resolv', '--no-hosts', '--log-facility=-'],
        ['--user=root', `--listen-address=${address}`, '--bind-interfaces'],
        ['--address=/lab.test/127.0.0.1', '--enable-tftp', `--tftp-root=${dir}/files`],
      ],
    };
  },
});
