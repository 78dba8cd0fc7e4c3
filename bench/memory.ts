/**
 * Peak memory of a whole scan by the program itself: a /20 on eight ports in a namespace, with
 * identification. Needs root. The peak is the kernel's VmHWM of the scanning process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findCommand } from '../test/helpers/needs.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../test/lab/namespace.ts';
import { row } from './figures.ts';
import type { Listener } from './memory-peers.ts';
import { PEAK_REPORTER } from './peak.ts';

const ALLOWED_MB = 150;
const BLOCK = '10.192.0.0/20';
const PORTS = [21, 22, 80, 443, 3306, 5432, 6379, 8080];
const PEERS = fileURLToPath(new URL('memory-peers.js', import.meta.url));

interface Scan {
  readonly peakMb: number;
  readonly seconds: number;
  readonly open: number;
  readonly identified: number;
}

/** Every tenth address has one service or two, as networks do. */
function scattered(): Listener[] {
  return Array.from({ length: 400 }, (_, at) => {
    const host = at * 10 + 3;
    return PORTS.filter(
      (_port, index) => index % 8 === at % 8 || (at % 2 === 0 && index === 2),
    ).map((port): Listener => ({ address: addressOf(host), port }));
  }).flat();
}

function addressOf(host: number): string {
  return `10.192.${host >> 8}.${host & 255}`;
}

async function startPeers(namespace: Namespace, listeners: readonly Listener[]) {
  const ip = findCommand('ip') ?? 'ip';
  const args = ['netns', 'exec', namespace.name, 'setpriv', '--pdeathsig', 'KILL', '--'];
  const peers = spawn(ip, [...args, process.execPath, PEERS], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  peers.stdin.end(JSON.stringify(listeners));
  const [said] = await Promise.race([once(peers.stdout, 'data'), once(peers, 'exit')]);
  if (String(said) !== 'ready') throw new Error(`the peers ended (${said})`);
  return peers;
}

async function scan(extra: readonly string[]): Promise<Scan> {
  const start = performance.now();
  const child = spawn(process.execPath, [
    ...[
      '--import',
      PEAK_REPORTER,
      'bin/postern.js',
      'scan',
      '--no-save',
      BLOCK,
      '-p',
      PORTS.join(','),
    ],
    ...['--json', '--fail-on', 'never', ...extra],
  ]);
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const seconds = (performance.now() - start) / 1000;
  const [, peak] = /peak (\d+)$/.exec(stderr) ?? [];
  if (peak === undefined) throw new Error(stderr);
  const { hosts } = JSON.parse(stdout) as {
    hosts: { counts: { open: number; verified: number } }[];
  };
  const sum = (which: 'open' | 'verified') =>
    hosts.reduce((total, { counts }) => total + counts[which], 0);
  return {
    peakMb: (Number(peak) * 1024) / 1e6,
    seconds,
    open: sum('open'),
    identified: sum('verified'),
  };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += chunk as string;
  return text;
}

interface Case {
  readonly title: string;
  readonly listeners: readonly Listener[];
  readonly open: number;
  readonly options: readonly string[];
  /** Beyond what the figure is promised for. */
  readonly informative?: true;
}

function cases(): Case[] {
  const listeners = scattered();
  const some = { title: `${listeners.length} services`, listeners, open: listeners.length };
  const fast = ['--rate', 'max', '--per-host', 'max'];
  const everywhere: Listener[] = [{ address: '::', port: 80 }];
  return [
    { ...some, options: [] },
    { ...some, options: ['--engine', 'node'] },
    { ...some, options: fast },
    { ...some, options: [...fast, '--engine', 'node'], informative: true },
    {
      title: 'HTTP on every address',
      listeners: everywhere,
      open: 4096,
      options: [],
      informative: true,
    },
  ];
}

async function measure(namespace: Namespace, wanted: Case): Promise<void> {
  const peers: ChildProcess = await startPeers(namespace, wanted.listeners);
  try {
    const { peakMb, seconds, open, identified } = await scan(wanted.options);
    const found = `${open} of ${wanted.open}`;
    const allowed = wanted.informative ? '' : `< ${ALLOWED_MB}`;
    const title = [wanted.title, ...wanted.options].join(' ');
    console.log(row(title, found, identified, seconds.toFixed(0), peakMb.toFixed(0), allowed));
    const over = peakMb >= ALLOWED_MB && !wanted.informative;
    if (over || open !== wanted.open) process.exitCode = 1;
  } finally {
    peers.kill('SIGKILL');
    await once(peers, 'exit');
  }
}

async function main(): Promise<void> {
  if (!namespacesMet('setpriv')) return;
  const namespace = makeNamespace();
  try {
    namespace.answerFor(BLOCK);
    console.log(row('a /20 on 8 ports', 'open', 'identified', 's', 'peak MB', 'allowed'));
    console.log(row('---', '---', '---', '---', '---', '---'));
    for (const wanted of cases()) await measure(namespace, wanted);
  } finally {
    namespace.close();
  }
}

await main();
