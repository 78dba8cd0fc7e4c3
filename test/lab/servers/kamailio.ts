import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** RFC 3261 §11: asks for what the server can do. */
function options(transport: 'TCP' | 'UDP'): string {
  return [
    'OPTIONS sip:lab.test SIP/2.0',
    `Via: SIP/2.0/${transport} 127.0.0.1:5060;branch=z9hG4bKlab;rport`,
    'Max-Forwards: 70',
    'From: <sip:lab@lab.test>;tag=lab',
    'To: <sip:lab.test>',
    'Call-ID: lab@lab.test',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

export const kamailio = defineServer({
  name: 'kamailio',
  needs: { linux: true, commands: ['kamailio'], packages: ['kamailio'] },
  product: 'Kamailio',
  version: () => packageVersion('kamailio'),
  doors: {
    tcp: { protocol: 'sip', hello: { send: options('TCP'), expect: 'SIP/2.0 200' } },
    udp: {
      protocol: 'sip',
      transport: 'udp',
      samePortAs: 'tcp',
      hello: { send: options('UDP'), expect: 'SIP/2.0 200' },
    },
  },
  start: async ({ dir, host, ports }) => {
    const config = `fork=yes
children=1
tcp_children=1
log_stderror=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:${host}:${ports.tcp}
listen=tcp:${host}:${ports.tcp}
loadmodule "sl.so"
request_route { sl_send_reply("200", "OK"); }
`;
    await writeFile(join(dir, 'kamailio.cfg'), config);
    const memory = ['-m', '16', '-M', '4'];
    const runtime = ['-Y', dir, '-DD', '-E'];
    return { command: 'kamailio', args: ['-f', join(dir, 'kamailio.cfg'), ...runtime, ...memory] };
  },
});
