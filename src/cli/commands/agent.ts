import { readFile } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, enrolAt } from '../../agent/client.ts';
import { Outbox } from '../../agent/outbox.ts';
import { runAgent } from '../../agent/run.ts';
import { readServer } from '../../agent/server-url.ts';
import {
  type AgentState,
  lockFolder,
  prepareFolder,
  readState,
  saveState,
  stateFolder,
} from '../../agent/state.ts';
import { Fingerprints } from '../../host/fingerprint.ts';
import { messageOf, PosternError, problem } from '../../model/errors.ts';
import { shellWord } from '../../model/shell-word.ts';
import { visible } from '../../report/text.ts';
import type { EnrolOptions, RunOptions } from '../agent-program.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { auditHost, readBasis } from '../host-audit.ts';
import { interruptible } from '../interrupt.ts';
import { type Terminal, write } from '../terminal.ts';

const POLL_SECONDS = 30;
const TICK_MS = 250;
const LOUD =
  'WARNING: http:// without TLS to another machine: everybody on the way reads the token and all audits.\n';

async function tokenOf(given: string | undefined): Promise<string> {
  const { POSTERN_ENROLMENT: named } = process.env;
  const from = given ?? (named === '' ? undefined : named);
  const [line = ''] = (from ?? (process.stdin.isTTY ? '' : await text(process.stdin))).split('\n');
  if (line.trim() === '') {
    throw problem('AGENT_ENROLMENT', { problem: 'there is none: no argument, no standard input' });
  }
  return line.trim();
}

async function authority(path: string | undefined): Promise<{ ca?: string }> {
  if (path === undefined) return {};
  try {
    return { ca: await readFile(path, 'utf8') };
  } catch (error) {
    throw problem('AGENT_SERVER', { value: path, problem: messageOf(error) }, error);
  }
}

/** Enrols this host. Throws AGENT_*. */
export async function enrolCommand(
  address: string,
  given: string | undefined,
  options: EnrolOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const { url, insecure } = readServer(address, options.insecureHttp === true);
  if (insecure) await write(terminal.err, LOUD);
  const ca = await authority(options.ca);
  const token = await tokenOf(given);
  const folder = stateFolder(options.state, process.env);
  // before the token is spent: where nothing can be kept it would be lost
  await prepareFolder(folder);
  const own = options.name === undefined ? {} : { name: options.name };
  const told = { token, host: hostname(), system: process.platform, ...own };
  const enrolled = await enrolAt({ url, ...ca, tool: `postern ${version}` }, told);
  await saveState(folder, {
    ...{ url: url.href, id: enrolled.id, name: enrolled.name, token: enrolled.token, ...ca },
    ...(insecure ? { insecure: true as const } : {}),
  });
  const { id, name } = enrolled;
  const there = options.state === undefined ? '' : ` --state ${shellWord(options.state)}`;
  const said =
    options.json === true
      ? JSON.stringify({ id, name })
      : `enrolled as "${visible(name)}"; now: postern agent run${there}`;
  await write(terminal.out, `${said}\n`);
  return EXIT.fine;
}

/** Reports until a signal; one at a time from a folder: throws AGENT_BUSY. Exit code 4 when the server does not take this agent any more. */
export async function runCommand(
  options: RunOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const folder = stateFolder(options.state, process.env);
  const state = await readState(folder);
  const lock = await lockFolder(folder);
  try {
    return await reportFrom({ folder, state }, options, terminal, version);
  } finally {
    await lock.release();
  }
}

async function reportFrom(
  { folder, state }: { readonly folder: string; readonly state: AgentState },
  options: RunOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const { url, insecure } = readServer(state.url, state.insecure === true);
  if (insecure) await write(terminal.err, LOUD);
  const basis = await readBasis(options);
  const outbox = await Outbox.open(folder);
  const fingerprints = new Fingerprints();
  const say = (line: string): void => {
    if (options.quiet !== true) terminal.err.write(`${visible(line)}\n`);
  };
  const interrupt = interruptible(() => say('stopping'));
  const unseen = new Set<string>();
  try {
    await runAgent({
      audit: async () => {
        const report = await auditHost(basis, version);
        const { unseen: now, problems } = report.audit;
        for (const line of [...now, ...problems.map(({ message }) => message)]) {
          if (!unseen.has(line)) say(`not seen: ${line}`);
          unseen.add(line);
        }
        return report;
      },
      fingerprint: () => fingerprints.read(),
      client: new Client(
        { url, ca: state.ca, tool: `postern ${version}` },
        state.token,
        interrupt.signal,
      ),
      outbox,
      pollMs: (options.poll ?? POLL_SECONDS) * 1000,
      signal: interrupt.signal,
      say,
      clock: () => uptime() * 1000,
      now: () => Date.now(),
      chance: Math.random,
      rest: () => sleep(TICK_MS, undefined, { signal: interrupt.signal }).catch(() => undefined),
    });
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof PosternError) || error.code !== 'AGENT_REVOKED') throw error;
    terminal.err.write(`error ${error.code}: ${error.message}\n${error.todo}\n`);
    return EXIT.revoked;
  } finally {
    interrupt.release();
  }
}
