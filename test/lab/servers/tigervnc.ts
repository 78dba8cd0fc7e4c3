import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch } from '../child.ts';
import { packageVersion } from '../packages.ts';
import { defineServer, type World } from '../server.ts';

const about = {
  needs: { linux: true, commands: ['Xtigervnc'], packages: ['tigervnc-standalone-server'] },
  product: 'TigerVNC',
  version: () => packageVersion('tigervnc-standalone-server'),
  doors: { vnc: { protocol: 'vnc', reveals: 'protocol', hello: { expect: 'RFB 003.008\n' } } },
} as const;

/** Of the X side only an abstract socket is left, and no lock file: nothing outlives the server. */
async function launch(world: World<'vnc'>, security: 'None' | 'VncAuth'): Promise<Launch> {
  const { dir, address, ports } = world;
  // Eight bytes are a password, whichever they decode to.
  await writeFile(join(dir, 'password'), '12345678');
  const noListeners = ['unix', 'tcp'].flatMap((kind) => ['-nolisten', kind]);
  return {
    command: 'Xtigervnc',
    args: [
      [`:${ports.vnc}`, '-rfbport', String(ports.vnc), '-interface', address],
      ['-SecurityTypes', security, '-PasswordFile', join(dir, 'password')],
      ['-geometry', '320x200', '-desktop', 'lab', '-nolock', ...noListeners],
    ],
  };
}

/** Shows its screen to everybody. */
export const tigervnc = defineServer({
  ...about,
  name: 'tigervnc',
  start: (world) => launch(world, 'None'),
});

/** Wants a password. */
export const tigervncWithPassword = defineServer({
  ...about,
  name: 'tigervnc-with-password',
  start: (world) => launch(world, 'VncAuth'),
});
