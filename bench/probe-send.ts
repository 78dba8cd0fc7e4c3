/**
 * How fast packets leave: over a veth whose far end drops them at ingress, read off the interface's
 * own counters while each scanner is busy.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { findCommand } from '../test/helpers/needs.ts';
import { makeNamespace, type Namespace } from '../test/lab/namespace.ts';
import { CHILD, ROUNDS } from './contest.ts';
import { median, plainEnvironment, row } from './figures.ts';

const HOSTS = 4096;
const PORTS = Array.from({ length: 512 }, (_, at) => 1000 + at);
/** A sample of the counter, and the longest that one scanner is watched. */
const SAMPLE_MS = 100;
const WATCH_MS = 6000;

interface Sender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Least speed aimed at of ours, in times of this one's. */
  readonly aim?: number;
}

function senders(peer: Namespace, first: string, mac: string): readonly Sender[] {
  const cidr = `${first}/20`;
  const { device, v4 } = peer.near;
  const ports = PORTS.join(',');
  const zmap = ['-B', '10G', '-p', '80', '-i', device, '-G', mac, '-S', v4, '--probes', '900'];
  const masscan = ['--rate', '10000000', '--wait', '0', '-oL', '/dev/null', '--interface', device];
  return [
    { name: 'syn', command: 'node', args: [CHILD, 'syn', first, String(HOSTS), ports] },
    {
      name: 'zmap -T 1',
      command: 'zmap',
      args: [...zmap, '-T', '1', cidr, '-o', '/dev/null', '-q', '-c', '0', '-b', '/dev/null'],
      aim: 1.35,
    },
    {
      name: 'masscan',
      command: 'masscan',
      args: [...masscan, '--adapter-ip', v4, '--router-mac', mac, cidr, '-p', '1000-1511'],
      aim: 1.6,
    },
  ];
}

/** The middle of all samples in which it was busy, packets per second. */
async function speed(device: string, { command, args }: Sender): Promise<number> {
  const sent = () => Number(readFileSync(`/sys/class/net/${device}/statistics/tx_packets`, 'utf8'));
  const path = command === 'node' ? process.execPath : (findCommand(command) ?? command);
  const child = spawn('nice', ['-n', '-15', path, ...args], {
    stdio: 'ignore',
    env: plainEnvironment(),
  });
  const samples: number[] = [];
  const start = performance.now();
  let [last, at] = [sent(), start];
  while (child.exitCode === null && performance.now() - start < WATCH_MS) {
    await pause(SAMPLE_MS);
    const [now, time] = [sent(), performance.now()];
    samples.push(((now - last) / (time - at)) * 1000);
    [last, at] = [now, time];
  }
  child.kill('SIGKILL');
  const most = Math.max(...samples);
  // starting and waiting are no sending: samples under a third of the best are left out
  return median(samples.filter((sample) => sample > most / 3));
}

export async function sendBench(): Promise<void> {
  const peer = makeNamespace();
  try {
    const first = peer.spare(0);
    peer.answerFor(`${first}/20`);
    const mac = peer.exec('cat', `/sys/class/net/${peer.far.device}/address`).trim();
    const ip = findCommand('ip') ?? 'ip';
    execFileSync(ip, ['neigh', 'replace', peer.far.v4, 'lladdr', mac, 'dev', peer.near.device]);
    peer.nft(`
      table netdev bench {
        chain ingress {
          type filter hook ingress device ${peer.far.device} priority 0; policy drop;
        }
      }`);
    await tell(peer, senders(peer, first, mac));
  } finally {
    peer.close();
  }
}

async function tell(peer: Namespace, all: readonly Sender[]): Promise<void> {
  const speeds = all.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, sender] of all.entries()) {
      speeds[at]?.push(await speed(peer.near.device, sender));
    }
  }
  const mine = median(speeds[0] ?? []);
  console.log(
    '\n(c) packets sent per second, one sending thread, dropped at the far end of a veth\n',
  );
  console.log(row('scanner', `packets/s (median of ${ROUNDS})`, 'ours is times as fast', 'aim'));
  console.log(row('---', '---', '---', '---'));
  all.forEach(({ name, aim }, at) => {
    const theirs = median(speeds[at] ?? []);
    const ratio = at === 0 ? '' : (mine / theirs).toFixed(2);
    console.log(
      row(name, Math.round(theirs).toLocaleString('en-US'), ratio, aim ? `≥ ${aim}` : ''),
    );
  });
}
