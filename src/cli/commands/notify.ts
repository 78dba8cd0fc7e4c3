import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { loadNotify, type NotifySettings } from '../../contract/notify.ts';
import { messageOf, problem } from '../../model/errors.ts';
import { createResolver } from '../../net/dns.ts';
import { CHANNEL_TYPES, deliver } from '../../notify/deliver.ts';
import type { Alert } from '../../notify/message.ts';
import { CHANNELS } from '../../notify/registry.ts';
import { createWorld } from '../../notify/world.ts';
import { visible } from '../../report/text.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { NotifyOptions } from '../notify-program.ts';
import { type Terminal, write } from '../terminal.ts';

const DEFAULT_FILE = 'notify.yaml';

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw problem('NOTIFY_FILE', { value: path, problem: messageOf(error) }, error);
  });
}

async function readSettings({ config = DEFAULT_FILE }: NotifyOptions): Promise<NotifySettings> {
  return loadNotify(await readText(config), config, CHANNEL_TYPES);
}

function testMessage(channel: string, now: Date): Alert {
  const id = `test:${randomUUID()}`;
  return {
    id,
    incident: id,
    kind: 'test',
    severity: 'info',
    what: `Postern on ${hostname()} can write here`,
    since: now.toISOString(),
    why: `Alerts for the channel "${channel}" will arrive this way.`,
    todo: 'Nothing is to be done.',
    host: null,
    port: null,
    transport: 'tcp',
    link: null,
    entries: [],
  };
}

/** Sends a test message over a channel. Exit code 0 when it was taken; throws NOTIFY_*. */
export async function notifyTestCommand(
  name: string,
  options: NotifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { channels, allowed } = await readSettings(options);
  const setup = channels.find((channel) => channel.name === name);
  if (setup === undefined) {
    const known = channels.map((channel) => channel.name).join(', ') || 'none';
    throw problem('NOTIFY_CHANNEL', { value: visible(name), channels: known });
  }
  const { signal } = new AbortController();
  const guard = { allowed, resolver: createResolver({ signal }) };
  const world = createWorld({ guard, signal, now: () => new Date() });
  await deliver(setup, testMessage(name, world.now()), world, process.env);
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
  const channels = (settings?.channels ?? []).map(({ name, type }) => ({ name, type }));
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
