/** The SYN engine against nmap's and masscan, and over a large network that answers. */
import { makeNamespace, type Namespace } from '../test/lab/namespace.ts';
import { compare, nmap, type OurResult, ours, type Result, timed } from './contest.ts';
import { row } from './figures.ts';

const OPEN_PORTS = Array.from({ length: 50 }, (_, at) => 137 + at * 1300);
/** A /15 that the lab's own addresses leave free. */
const NETWORK = '10.194.0.0';
const HOSTS = 131_072;
const LISTENING = [22, 80, 443, 3306, 5432, 6379];
const PORTS = [...LISTENING, 8080, 8443];

function masscan(peer: Namespace, rate: number): Result {
  const { device, v4 } = peer.near;
  const args = ['--rate', String(rate), '--wait', '1', '-oL', '-', '--interface', device];
  const text = timed('masscan', [...args, '--adapter-ip', v4, peer.far.v4, '-p', '1-65535']);
  const open = new Set(text.split('\n').filter((line) => line.startsWith('open')));
  return { open: open.size, peakMb: Number.NaN };
}

/** The highest of some rates at which masscan finds all; its time there is what we compare with. */
function completeRate(peer: Namespace): number {
  const rates = [400_000, 200_000, 100_000, 50_000, 25_000, 10_000];
  return rates.find((rate) => masscan(peer, rate).open === OPEN_PORTS.length) ?? 5000;
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
  const rate = completeRate(peer);
  compare('(d) all 65,535 ports of one host that answers', expected, [
    { name: 'nmap -sS', run: () => nmap('-sS', host, '1-65535') },
    { name: 'syn', run: () => ours('syn', host, 1, '-'), target: 0.2 },
    { name: `masscan --rate ${rate} --wait 1`, run: () => masscan(peer, rate) },
  ]);
}
