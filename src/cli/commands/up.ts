import { startAlerts } from '../../alerts/loop.ts';
import type { NotifySettings } from '../../contract/notify.ts';
import { startJobs } from '../../jobs/start.ts';
import { problem } from '../../model/errors.ts';
import { type Network, readNetwork } from '../../model/network.ts';
import { createAuth } from '../../server/auth/auth.ts';
import { isLocal, type Listen, readListen } from '../../server/listen.ts';
import type { Part } from '../../server/part.ts';
import { type Up, up } from '../../server/up.ts';
import { dataFolder, placeOf } from '../../store/open.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { readNotifyFile } from '../notify-file.ts';
import { serviceNames } from '../policy-file.ts';
import { readPublicUrl } from '../public-url.ts';
import type { Terminal } from '../terminal.ts';
import { DEFAULT_LISTEN, type UpCommandOptions } from '../up-program.ts';

const WORKERS = 2;
/** Of a server at rest half of what V8 holds is garbage of its start. */
const REST_AFTER_MS = 5000;

/** What the server does beside answering. */
function partsOf(
  { data, workers = WORKERS }: UpCommandOptions,
  notify: NotifySettings | undefined,
) {
  const program = [process.execPath, process.argv[1] ?? ''];
  const command = data === undefined ? program : [...program, '--data', data];
  const jobs: Part = {
    name: 'jobs',
    start: ({ store, now, onFault }) =>
      startJobs({
        ...{ store, command, env: process.env, workers, now },
        onFault: (error) => onFault('jobs', error),
      }),
  };
  const alerts: Part = {
    name: 'alerts',
    start: ({ store, sealer, publicUrl, now, onFault }) =>
      startAlerts({
        ...{ store, sealer, publicUrl, now, notify },
        onFault: (error) => onFault('alerts', error),
      }),
  };
  return [jobs, alerts];
}

/** Runs the server until it is told to stop; `rest` is called once it has started. Throws SERVE_*, STORE_*, SECRET_KEY. */
export async function upCommand(
  options: UpCommandOptions,
  terminal: Terminal,
  version: string,
  rest: () => void,
): Promise<ExitCode> {
  const wanted = readListen(options.listen ?? DEFAULT_LISTEN);
  const publicUrl = readPublicUrl(options.publicUrl);
  const place = placeOf(options.data, process.env);
  const notify = options.notify === undefined ? undefined : await readNotifyFile(options.notify);
  const say = (line: string): void => void terminal.err.write(`${line}\n`);
  // once: while it answers, a full collection would hold answers up
  const resting = setTimeout(rest, REST_AFTER_MS);
  const stopping = interruptible(() => say('stopping; again to end at once'));
  try {
    const server = await up({
      place,
      folder: dataFolder(options.data, process.env),
      listen: wanted,
      ...(publicUrl === undefined ? {} : { publicUrl }),
      env: process.env,
      version,
      now: () => Date.now(),
      say,
      doorman: (world) => createAuth({ ...world, env: process.env }),
      proxies: (options.trustProxy ?? []).map(readProxy),
      ...(notify === undefined ? {} : { notify }),
      policyServices: serviceNames,
      parts: partsOf(options, notify),
    });
    for (const line of greeting(server, wanted, publicUrl)) say(line);
    await stopped(stopping.signal);
    await server.stop();
    return EXIT.fine;
  } finally {
    stopping.release();
    clearTimeout(resting);
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

/** Throws SERVE_OPTION. */
function readProxy(value: string): Network {
  const network = readNetwork(value);
  if (network !== null) return network;
  throw problem('SERVE_OPTION', {
    ...{ value, option: '--trust-proxy' },
    problem: 'it must be an address or a CIDR block',
  });
}
