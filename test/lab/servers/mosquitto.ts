import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** MQTT 3.1.1 §3.1: CONNECT with a clean session, client `lab`, no credentials. */
const CONNECT = '\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03lab';
/** §3.2: CONNACK; the last byte is the return code. */
const ACCEPTED = '\x20\x02\0\0';
const NOT_AUTHORISED = '\x20\x02\0\x05';

export const mosquitto = defineServer({
  name: 'mosquitto',
  needs: { linux: true, commands: ['mosquitto', 'openssl'], packages: ['mosquitto'] },
  product: 'Mosquitto',
  version: () => packageVersion('mosquitto'),
  doors: {
    /** Anonymous: whoever connects may read the broker's own topics, its version among them. */
    plain: { protocol: 'mqtt', hello: { send: CONNECT, expect: ACCEPTED } },
    tls: { protocol: 'mqtt', tls: 'implicit', hello: { send: CONNECT, expect: ACCEPTED } },
    password: {
      protocol: 'mqtt',
      reveals: 'protocol',
      hello: { send: CONNECT, expect: NOT_AUTHORISED },
    },
  },
  start: async ({ dir, address, ports, certificate: { key, cert } }) => {
    const config = `per_listener_settings true
persistence false
listener ${ports.plain} ${address}
allow_anonymous true
listener ${ports.tls} ${address}
allow_anonymous true
certfile ${cert}
keyfile ${key}
listener ${ports.password} ${address}
allow_anonymous false
`;
    await writeFile(join(dir, 'mosquitto.conf'), config);
    return { command: 'mosquitto', args: ['-c', join(dir, 'mosquitto.conf')] };
  },
});
