import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

/**
 * MS-SMB2 §2.2.3: NEGOTIATE for dialect 2.1, in a NetBIOS session message (RFC 1002 §4.3.1).
 * Header of 64 bytes: identifier, its own size, then zeroes (command 0, message 0).
 */
const SMB2_NEGOTIATE = Buffer.concat([
  Buffer.from([0, 0, 0, 64 + 36 + 2, 0xfe, 0x53, 0x4d, 0x42, 64, 0]),
  Buffer.alloc(58),
  Buffer.from([36, 0, 1, 0, 1, 0]),
  Buffer.alloc(30),
  Buffer.from([0x10, 0x02]),
]);

/** MS-CIFS §2.2.4.52: NEGOTIATE with the one dialect NT LM 0.12. */
const SMB1_NEGOTIATE = Buffer.concat([
  Buffer.from([0, 0, 0, 32 + 3 + 12, 0xff, 0x53, 0x4d, 0x42, 0x72]),
  Buffer.from([0, 0, 0, 0, 0x18, 0x01, 0x28]),
  Buffer.alloc(20),
  Buffer.from('\0\x0c\0\x02NT LM 0.12\0', 'latin1'),
]);

const about = {
  needs: { linux: true, root: true, commands: ['smbd'], packages: ['samba'] },
  product: 'Samba',
  version: () => packageVersion('samba'),
} as const;

const FOLDERS = {
  'private dir': 'private',
  'lock directory': 'lock',
  'state directory': 'state',
  'cache directory': 'cache',
  'pid directory': 'pid',
  'ncalrpc dir': 'ncalrpc',
} as const;

async function launch(world: World<'smb'>, settings: Record<string, string>): Promise<Launch> {
  const { dir, address, ports } = world;
  for (const folder of [...Object.values(FOLDERS), 'share']) await mkdir(join(dir, folder));
  const folders = Object.entries(FOLDERS).map(
    ([name, folder]) => [name, join(dir, folder)] as const,
  );
  const all: Record<string, string> = {
    'smb ports': String(ports.smb),
    interfaces: address,
    'bind interfaces only': 'yes',
    'disable spoolss': 'yes',
    'load printers': 'no',
    'map to guest': 'Bad User',
    ...Object.fromEntries(folders),
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
  const share = `[lab]\npath = ${dir}/share\nguest ok = yes\n`;
  await writeFile(join(dir, 'smb.conf'), `[global]\n${lines.join('')}${share}`);
  const args = ['--foreground', '--no-process-group', '--debug-stdout'];
  return { command: 'smbd', args: [...args, '--configfile', join(dir, 'smb.conf')] };
}

/** As installed: SMB 2 and later, which tell no product. */
export const samba = defineServer({
  ...about,
  name: 'samba',
  doors: {
    smb: {
      protocol: 'smb',
      reveals: 'protocol',
      hello: { send: SMB2_NEGOTIATE, expect: (answer) => answer[4] === 0xfe },
    },
  },
  start: (world) => launch(world, {}),
});

/** With SMB 1, whose session setup answers with product and version before any login. */
export const sambaOld = defineServer({
  ...about,
  name: 'samba-smb1',
  doors: {
    smb: {
      protocol: 'smb',
      hello: { send: SMB1_NEGOTIATE, expect: (answer) => answer[4] === 0xff },
    },
  },
  start: (world) => launch(world, { 'server min protocol': 'NT1', 'lanman auth': 'yes' }),
});
