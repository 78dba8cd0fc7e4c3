/**
 * An audit of a host with many listeners and many rules, by the program itself in a namespace, and
 * what one question takes after reading. Needs root, nft and python3.
 */
import { spawnSync } from 'node:child_process';
import { nftables } from '../src/firewall/kinds/nftables/nftables.ts';
import { reachability } from '../src/firewall/reach.ts';
import type { Machine } from '../src/model/machine.ts';
import { findCommand } from '../test/helpers/needs.ts';
import { makeFolder } from '../test/lab/folders.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../test/lab/namespace.ts';
import { holdSockets } from '../test/lab/sockets.ts';
import { median, plainEnvironment, row } from './figures.ts';
import { PEAK_REPORTER } from './peak.ts';

const ROUNDS = 5;
const LISTENERS = 500;
const FIRST_PORT = 20_000;
const QUESTIONS = 50;
const BOX: Machine = { hostname: 'box', system: 'linux', devices: [], routes: [] };

/** Rules as a host has them that grew for years: a port and a source each, in chains by network. */
function ruleset(rules: number): string {
  const lines = Array.from({ length: rules }, (_, at) => {
    const port = FIRST_PORT + (at % 4_000);
    const source = `10.${(at >> 8) & 255}.${at & 255}.0/24`;
    return at % 3 === 0
      ? `tcp dport ${port} accept`
      : `ip saddr ${source} tcp dport ${port} ${at % 3 === 1 ? 'accept' : 'drop'}`;
  });
  return `table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif lo accept
    ${lines.join('\n    ')}
  }
}`;
}

interface Audited {
  readonly seconds: number;
  readonly peakMb: number;
  readonly listeners: number;
}

function audit(namespace: Namespace): Audited {
  const start = performance.now();
  const { stdout, stderr } = spawnSync(
    findCommand('ip') ?? 'ip',
    [
      ...['netns', 'exec', namespace.name, process.execPath, '--import', PEAK_REPORTER],
      ...['bin/postern.js', 'audit', '--json', '--fail-on', 'never'],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 29, env: plainEnvironment() },
  );
  const seconds = (performance.now() - start) / 1000;
  const report = JSON.parse(stdout) as { listeners: { namespace: string }[] };
  const listeners = report.listeners.filter((one) => one.namespace === 'host').length;
  return {
    seconds,
    listeners,
    peakMb: Number(/peak (\d+)/.exec(stderr)?.[1] ?? Number.NaN) / 1024,
  };
}

function measured(namespace: Namespace, rules: number, aim: string): string {
  namespace.exec('nft', 'flush', 'ruleset');
  namespace.nft(ruleset(rules));
  const runs = Array.from({ length: ROUNDS }, () => audit(namespace));
  if (runs.some(({ listeners }) => listeners !== LISTENERS)) {
    throw new Error(
      `an audit found ${runs.map(({ listeners }) => listeners).join(', ')} listeners`,
    );
  }
  const seconds = median(runs.map((run) => run.seconds));
  const peak = median(runs.map((run) => run.peakMb));
  return row(`${LISTENERS} listeners, ${rules} rules`, seconds.toFixed(2), aim, peak.toFixed(0));
}

/** Milliseconds of one question, after reading. */
function question(namespace: Namespace): string {
  const args = ['netns', 'exec', namespace.name, 'nft', '-j', 'list', 'ruleset'];
  const { stdout: text } = spawnSync('ip', args, { encoding: 'utf8', maxBuffer: 1 << 29 });
  const layer = nftables.read([{ origin: 'nft -j list ruleset', text }], 'live');
  const times = Array.from({ length: QUESTIONS }, (_, at) => {
    const asked = { family: 4, transport: 'tcp', port: FIRST_PORT + at } as const;
    const start = performance.now();
    reachability([layer], asked, BOX);
    return performance.now() - start;
  });
  return row('one question after reading', (median(times) / 1000).toFixed(4), '< 0.05', '');
}

if (!namespacesMet('nft', 'python3')) process.exit(1);
const folder = makeFolder('bench-audit');
const namespace = makeNamespace();
const specs = Array.from({ length: LISTENERS }, (_, at) => ({
  transport: 'tcp' as const,
  bind: '0.0.0.0',
  port: FIRST_PORT + at,
}));
const holder = await holdSockets(specs, folder, { namespace: namespace.name });
try {
  console.log(row('audit', `seconds (median of ${ROUNDS})`, 'aim', 'peak MB'));
  console.log(row('---', '---', '---', '---'));
  console.log(measured(namespace, 5_000, '< 1'));
  console.log(question(namespace));
  console.log(measured(namespace, 50_000, '< 5'));
} finally {
  await holder.kill();
  namespace.close();
}
