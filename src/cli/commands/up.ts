import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { problem } from '../../model/errors.ts';
import { carePart } from '../../server/care.ts';
import { isLocal, type Listen, readListen } from '../../server/listen.ts';
import type { Part } from '../../server/part.ts';
import { type Doorman, type Up, up } from '../../server/up.ts';
import { type Place, placeOf } from '../../store/open.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import type { Terminal } from '../terminal.ts';
import type { UpCommandOptions } from '../up-program.ts';

const LISTEN = '127.0.0.1:4100';

/** Nobody is known, and nobody can come in. */
const NOBODY: Doorman = {
  callerOf: async () => null,
  handler: async () => new Response(null, { status: 404 }),
  routes: [],
  signUpLink: async () => null,
};

/** What the server does beside answering. */
function partsOf(_options: UpCommandOptions): readonly Part[] {
  return [carePart()];
}

/** Runs the server until it is told to stop. Throws SERVE_*, STORE_*, SECRET_KEY. */
export async function upCommand(
  options: UpCommandOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const wanted = readListen(options.listen ?? LISTEN);
  const publicUrl = readPublicUrl(options.publicUrl);
  const place = placeOf(options.data, process.env);
  const say = (line: string): void => void terminal.err.write(`${line}\n`);
  const stopping = interruptible(() => say('stopping; again to end at once'));
  try {
    const server = await up({
      place,
      folder: folderOf(place),
      listen: wanted,
      ...(publicUrl === undefined ? {} : { publicUrl }),
      env: process.env,
      version,
      now: () => Date.now(),
      say,
      doorman: async () => NOBODY,
      parts: partsOf(options),
    });
    for (const line of greeting(server, wanted, publicUrl)) say(line);
    await stopped(stopping.signal);
    await server.stop();
    return EXIT.fine;
  } finally {
    stopping.release();
  }
}

function* greeting(server: Up, wanted: Listen, publicUrl: string | undefined): Generator<string> {
  if (!isLocal(wanted) && publicUrl?.startsWith('https:') !== true) {
    yield `warning: others reach ${wanted.host} without encryption: passwords and keys can be read on the way.`;
    yield 'Serve on loopback behind a reverse proxy, and name its --public-url https://…';
  }
  yield `Postern serves on ${server.url} (the API: ${server.url}/api/docs)`;
  if (server.signUpLink !== null) yield `Sign up, once: ${server.signUpLink}`;
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** An origin, https or of this machine. Throws SERVE_OPTION. */
function readPublicUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : null;
  const isOrigin = url !== null && url.pathname === '/' && url.search === '' && url.hash === '';
  if (!isOrigin || !/^https?:$/.test(url.protocol) || url.username !== '') {
    const wanted = 'it must be https://HOST or https://HOST:PORT';
    throw problem('SERVE_OPTION', { value, option: '--public-url', problem: wanted });
  }
  return url.origin;
}

/** A store in PostgreSQL has the key of the installation where a file would be. */
function folderOf(place: Place): string {
  const home = placeOf(undefined, { XDG_DATA_HOME: process.env['XDG_DATA_HOME'] });
  const file = 'file' in place ? place : home;
  return 'file' in file ? dirname(file.file) : join(homedir(), '.local', 'share', 'postern');
}
