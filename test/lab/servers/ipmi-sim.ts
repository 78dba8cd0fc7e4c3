import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageVersion } from '../packages.ts';
import { defineServer } from '../server.ts';

/** Get Channel Authentication Capabilities (IPMI 2.0 §22.13), outside of a session. */
const CAPABILITIES = Buffer.from(
  '0600ff070000000000000000000920 18c88100388e04b5'.replace(' ', ''),
  'hex',
);

/** A management controller without a machine. */
export const ipmiSim = defineServer({
  name: 'ipmi-sim',
  needs: { linux: true, commands: ['ipmi_sim'], packages: ['openipmi'] },
  product: 'OpenIPMI',
  version: () => packageVersion('openipmi'),
  doors: {
    udp: {
      protocol: 'ipmi',
      transport: 'udp',
      reveals: 'protocol',
      hello: { send: CAPABILITIES, expect: '\x06\0' },
    },
  },
  start: async ({ dir, address, ports }) => {
    const config = `name "lab"
set_working_mc 0x20
  startlan 1
    addr ${address} ${ports.udp}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  user 1 true "" "lab" user 10 none md2 md5 straight
  user 2 true "lab" "lab" admin 10 none md2 md5 straight
`;
    const controller =
      'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n';
    await mkdir(join(dir, 'state'));
    await writeFile(join(dir, 'lan.conf'), config);
    await writeFile(join(dir, 'lab.emu'), controller);
    const files = [
      '-c',
      join(dir, 'lan.conf'),
      '-f',
      join(dir, 'lab.emu'),
      '-s',
      join(dir, 'state'),
    ];
    return { command: 'ipmi_sim', args: ['-n', '-p', files] };
  },
});
