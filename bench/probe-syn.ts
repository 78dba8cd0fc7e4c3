/** The SYN engine against nmap's and masscan, and over a large network that answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeNamespace, type Namespace } from '../test/lab/namespace.ts';
import { compare, nmap, type OurResult, ours, ROUNDS } from './contest.ts';
import { median, row } from './figures.ts';

const OPEN_PORTS = Array.from({ length: 50 }, (_, at) => 137 + at * 1300);
/** Rates that masscan is tried at, packets per second, how long it may be silent at the end, and run. */
const RATES = [400_000, 200_000, 100_000, 50_000, 25_000, 10_000, 5000];
const QUIET_MS = 2500;
const LONGEST_MS = 15_000;
/** A /15 that the lab's own addresses leave free. */
const NETWORK = '10.194.0.0';
const HOSTS = 131_072;
const LISTENING = [22, 80, 443, 3306, 5432, 6379];
const PORTS = [...LISTENING, 8080, 8443];

interface MasscanRun {
  readonly open: number;
  readonly seconds: number;
}

/**
 * masscan sometimes waits without end when it is done (`waiting -1-secs`): its time is taken up to the
 * last packet it sent, by the interface's counter, which is to its favour; then it is told to stop.
 */
async function masscan(peer: Namespace, rate: number): Promise<MasscanRun> {
  const { device, v4 } = peer.near;
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  const listing = join(folder, 'found');
  const mac = peer.exec('cat', `/sys/class/net/${peer.far.device}/address`).trim();
  const ways = ['--interface', device, '--adapter-ip', v4, '--router-mac', mac];
  const args = ['--rate', String(rate), '--wait', '1', '-oL', listing, ...ways];
  const sent = () => Number(readFileSync(`/sys/class/net/${device}/statistics/tx_packets`, 'utf8'));
  const [before, start] = [sent(), performance.now()];
  const child = spawn('nice', ['-n', '-15', 'masscan', ...args, peer.far.v4, '-p', '1-65535'], {
    stdio: 'ignore',
    cwd: folder,
  });
  const ended = once(child, 'exit');
  let [last, lastAt] = [before, start];
  const isBusy = (now: number) =>
    last - before < 65_535 ? now - start < LONGEST_MS : now - lastAt < QUIET_MS;
  while (child.exitCode === null && isBusy(performance.now())) {
    await pause(5);
    const now = sent();
    if (now !== last) [last, lastAt] = [now, performance.now()];
  }
  child.kill('SIGINT');
  await Promise.race([ended, pause(LONGEST_MS).then(() => child.kill('SIGKILL'))]);
  const lines = existsSync(listing) ? readFileSync(listing, 'utf8').split('\n') : [];
  rmSync(folder, { recursive: true });
  const open = new Set(
    lines.filter((line) => line.startsWith('open')).map((line) => line.split(' ')[2]),
  );
  return { open: open.size, seconds: (lastAt - start) / 1000 };
}

/** masscan at the highest of some rates at which it finds all: the median of five runs there. */
async function tellMasscan(peer: Namespace, expected: number, ourSeconds: number): Promise<void> {
  for (const rate of RATES) {
    const runs: MasscanRun[] = [];
    while (runs.length < ROUNDS && runs.every(({ open }) => open === expected)) {
      runs.push(await masscan(peer, rate));
    }
    const least = Math.min(...runs.map(({ open }) => open));
    const seconds = median(runs.map((run) => run.seconds));
    const found = `${least} of ${expected}`;
    console.log(
      row(`masscan --rate ${rate}`, seconds.toFixed(2), found, (seconds / ourSeconds).toFixed(2)),
    );
    if (least === expected) return;
  }
}

function tellLarge(result: OurResult): void {
  const expected = HOSTS * LISTENING.length;
  const right = LISTENING.reduce((sum, port) => sum + (result.byPort[port] ?? 0), 0);
  const told = Object.values(result.byPort).reduce((sum, count) => sum + count, 0);
  console.log('\n(e) 131,072 addresses × 8 ports, 6 of them open everywhere, at --rate auto\n');
  console.log(row('found', 'of', 'false', 'twice', 'missed by estimate', 'peak MB'));
  console.log(row('---', '---', '---', '---', '---', '---'));
  const loss = result.loss === undefined ? '' : result.loss.interval.join(' to ');
  console.log(
    row(result.open, expected, told - right, result.twice, loss, result.peakMb.toFixed(0)),
  );
  if (result.open !== expected || told !== right || result.twice > 0) process.exitCode = 1;
}

export async function synBench(): Promise<void> {
  const peer = makeNamespace();
  try {
    await peer.listen([...new Set([...OPEN_PORTS, ...LISTENING])]);
    await oneHost(peer);
    peer.answerFor(`${NETWORK}/15`);
    tellLarge(ours('syn', NETWORK, HOSTS, PORTS.join(','), 'auto'));
  } finally {
    peer.close();
  }
}

async function oneHost(peer: Namespace): Promise<void> {
  const host = peer.far.v4;
  const expected = new Set([...OPEN_PORTS, ...LISTENING]).size;
  const [, mine = Number.NaN] = compare('(d) all 65,535 ports of one host that answers', expected, [
    { name: 'nmap -sS', run: () => nmap('-sS', host, '1-65535') },
    { name: 'syn', run: () => ours('syn', host, 1, '-'), target: 0.2 },
  ]);
  console.log('\nmasscan at falling rates until it is complete, its time up to its last packet\n');
  console.log(row('scanner', 'seconds', 'open ports', 'times syn'));
  console.log(row('---', '---', '---', '---'));
  await tellMasscan(peer, expected, mine);
}
