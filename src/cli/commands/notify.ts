import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { openChannels } from '../../alerts/channels.ts';
import { testAlert } from '../../alerts/wording.ts';
import type { ChannelSetup, NotifySettings } from '../../contract/notify.ts';
import { problem } from '../../model/errors.ts';
import type { Network } from '../../model/network.ts';
import { createResolver } from '../../net/dns.ts';
import { deliver } from '../../notify/deliver.ts';
import { CHANNELS } from '../../notify/registry.ts';
import { createWorld } from '../../notify/world.ts';
import { visible } from '../../report/text.ts';
import { dataFolder, LOCAL, placeOf } from '../../store/open.ts';
import { channelRows } from '../../store/queries/channels.ts';
import { openSealer } from '../../store/seal.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readNotifyFile } from '../notify-file.ts';
import type { NotifyOptions } from '../notify-program.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

const DEFAULT_FILE = 'notify.yaml';

function readSettings({ config = DEFAULT_FILE }: NotifyOptions): Promise<NotifySettings> {
  return readNotifyFile(config);
}

/** A channel, and the networks that it may reach although they are inside. */
interface Found {
  readonly setup: ChannelSetup;
  readonly allowed: readonly Network[];
}

/** The channel of that name in the settings, else, when no file was named, in the store. */
async function findChannel(name: string, options: NotifyOptions): Promise<Found> {
  const settings = await settingsIfAny(options);
  const allowed = settings?.allowed ?? [];
  const setup = settings?.channels.find((channel) => channel.name === name);
  if (setup !== undefined) return { setup, allowed };
  const stored = options.config === undefined ? await storedChannels(options) : [];
  const inStore = stored.find((channel) => channel.name === name);
  if (inStore !== undefined) return { setup: inStore, allowed };
  // says that there is no file
  if (settings === null && stored.length === 0) await readSettings(options);
  const all = [...(settings?.channels ?? []), ...stored];
  const known = all.map((channel) => channel.name).join(', ') || 'none';
  throw problem('NOTIFY_CHANNEL', { value: visible(name), channels: known });
}

/** Channels that were set up over the API. A store that is not there is not made. */
async function storedChannels(options: NotifyOptions): Promise<readonly ChannelSetup[]> {
  const place = placeOf(options.data, process.env);
  if ('file' in place && !existsSync(place.file)) return [];
  return withStore(options, async (store) => {
    if ((await store.read((db) => channelRows(db, LOCAL))).length === 0) return [];
    const sealer = openSealer(place, dataFolder(options.data, process.env), process.env);
    return store.read((db) => openChannels(db, LOCAL, { sealer, notify: undefined }));
  });
}

/** Sends a test message over a channel. Exit code 0 when it was taken; throws NOTIFY_*. */
export async function notifyTestCommand(
  name: string,
  options: NotifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { setup, allowed } = await findChannel(name, options);
  const { signal } = new AbortController();
  const guard = { allowed, resolver: createResolver({ signal }) };
  const world = createWorld({ guard, signal, now: () => new Date() });
  const link = null;
  const alert = testAlert(
    `test:${randomUUID()}`,
    { channel: name, from: hostname(), link },
    world.now(),
  );
  await deliver(setup, alert, world, process.env);
  const told = { channel: name, type: setup.type, sent: true };
  const text = `sent over ${name} (${setup.type}): now look whether it arrived\n`;
  await write(terminal.out, options.json === true ? `${JSON.stringify(told)}\n` : text);
  return EXIT.fine;
}

/** The settings, or none when nobody named a file and there is none. */
async function settingsIfAny(options: NotifyOptions): Promise<NotifySettings | null> {
  try {
    return await readSettings(options);
  } catch (thrown) {
    const { cause } = thrown as { cause?: NodeJS.ErrnoException };
    if (options.config === undefined && cause?.code === 'ENOENT') return null;
    throw thrown;
  }
}

/** Lists channels: those set up, then the kinds there are. Shows no settings: they hold secrets. */
export async function notifyListCommand(
  options: NotifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const settings = await settingsIfAny(options);
  const stored = options.config === undefined ? await storedChannels(options) : [];
  const channels = [...(settings?.channels ?? []), ...stored].map(({ name, type }) => ({
    name,
    type,
  }));
  const types = CHANNELS.map(({ name, title }) => ({ name, title }));
  if (options.json === true) {
    await write(terminal.out, `${JSON.stringify({ channels, types }, null, 2)}\n`);
    return EXIT.fine;
  }
  const setUp = channels.map(({ name, type }) => `  ${name.padEnd(32)} ${type}\n`);
  const kinds = types.map(({ name, title }) => `  ${name.padEnd(32)} ${title}\n`);
  const head = setUp.length === 0 ? 'No channel is set up.\n' : 'Channels set up:\n';
  await write(terminal.out, `${head}${setUp.join('')}\nTypes of channels:\n${kinds.join('')}`);
  return EXIT.fine;
}
