import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** An empty confirmable message, "CoAP ping" (RFC 7252 §4.3): answered by a reset. */
const PING = '\x40\0\x12\x34';

export const coapServer = defineServer({
  name: 'coap-server',
  needs: { linux: true, commands: ['coap-server-notls'], packages: ['libcoap3-bin'] },
  product: 'libcoap',
  version: () => packageVersion('libcoap3-bin'),
  doors: {
    udp: {
      protocol: 'coap',
      transport: 'udp',
      reveals: 'protocol',
      hello: { send: PING, expect: '\x70\0\x12\x34' },
    },
  },
  start: async ({ address, ports }) => ({
    command: 'coap-server-notls',
    args: ['-A', address, '-p', String(ports.udp)],
  }),
});
