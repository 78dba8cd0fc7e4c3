import { mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readMachine } from '../host/machine.ts';
import { makeWireguardKeys } from '../host/wireguard-keys.ts';
import { messageOf, problem } from '../model/errors.ts';
import { shellWord } from '../model/shell-word.ts';
import { WIREGUARD_DEVICE, WIREGUARD_PORT, wireguardSetup } from '../remedy/wireguard.ts';
import type { RestrictOptions } from './remedy-options.ts';
import { type Terminal, write } from './terminal.ts';

/**
 * Writes both ends of a WireGuard VPN into files that only this user may read: they hold keys, which
 * belong on no screen. Throws REMEDY_VPN; a file that is there already is left as it is.
 */
export async function writeVpn(options: RestrictOptions, terminal: Terminal): Promise<void> {
  const keys = makeWireguardKeys();
  const listenPort = options.vpnPort ?? WIREGUARD_PORT;
  const setup = wireguardSetup({
    machine: await readMachine(),
    keys,
    seed: Buffer.from(keys.server.public, 'base64').readUInt32BE(0),
    listenPort,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.vpnNetwork === undefined ? {} : { network: options.vpnNetwork }),
  });
  const folder = resolve(options.vpnOutput ?? 'wireguard');
  const server = join(folder, `${WIREGUARD_DEVICE}.conf`);
  const client = join(folder, `${WIREGUARD_DEVICE}-client.conf`);
  await writeSecrets(folder, [
    [server, setup.server],
    [client, setup.client],
  ]);
  const text = [
    `# 1. The VPN on this host; ${client} belongs on the client`,
    `install -m 600 ${shellWord(server)} /etc/wireguard/${WIREGUARD_DEVICE}.conf`,
    `systemctl enable --now wg-quick@${WIREGUARD_DEVICE}`,
    `# 2. Then, when UDP port ${listenPort} is let in and the client gets through (ping ${setup.plan.v4.server}):`,
    '',
  ];
  const stream = options.json === true ? terminal.err : terminal.out;
  await write(stream, `${text.join('\n')}\n`);
}

/** Both or none: half of a pair of keys is of no use, and would be in the way of the next try. */
async function writeSecrets(folder: string, files: readonly (readonly [string, string])[]) {
  const written: string[] = [];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [path, text] of files) {
      const file = await open(path, 'wx', 0o600);
      written.push(path);
      try {
        await file.writeFile(text);
      } finally {
        await file.close();
      }
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw problem('REMEDY_VPN', { problem: messageOf(error) }, error);
  }
}
