/** Recall and the honesty of the loss estimate where packets get lost at random, each way. */
import { makeNamespace } from '../test/lab/namespace.ts';
import { ours } from './contest.ts';
import { row } from './figures.ts';

const RUNS = 20;
const HOSTS = 4096;
const LISTENING = [22, 80, 443, 3306, 5432, 6379];
const PORTS = [...LISTENING, 8080, 8443].join(',');
/** Loss each way in percent, and the recall to reach at defaults. */
const CASES = [
  { percent: 1, recall: 0.9999 },
  { percent: 5, recall: 0.999 },
];

export async function lossBench(): Promise<void> {
  console.log(
    `\n(f) 4,096 addresses × 8 ports, 6 open, random loss each way, --rate auto, ${RUNS} runs\n`,
  );
  console.log(
    row('loss', 'recall', 'aim', 'missed, all runs', 'true number inside the interval', 'peak MB'),
  );
  console.log(row('---', '---', '---', '---', '---', '---'));
  for (const { percent, recall } of CASES) await lossCase(percent, recall);
}

async function lossCase(percent: number, aim: number): Promise<void> {
  const peer = makeNamespace();
  try {
    await peer.listen(LISTENING);
    const first = peer.spare(0);
    peer.answerFor(`${first}/20`);
    const drop = `numgen random mod 100 < ${percent} drop`;
    peer.nft(
      `
      table inet bench {
        chain in { type filter hook input priority 0; ${drop} }
        chain out { type filter hook output priority 0; ${drop} }
      }`.replaceAll(' }', '\n }'),
    );
    const expected = HOSTS * LISTENING.length;
    let [missed, inside, peakMb] = [0, 0, 0];
    for (let run = 0; run < RUNS; run++) {
      const { open, loss, peakMb: peak } = ours('syn', first, HOSTS, PORTS, 'auto');
      missed += expected - open;
      peakMb = Math.max(peakMb, peak);
      const [low, high] = loss?.interval ?? [Number.NaN, Number.NaN];
      if (expected - open >= low && expected - open <= high) inside += 1;
    }
    const recall = 1 - missed / (expected * RUNS);
    const aimed = `≥ ${(aim * 100).toFixed(2)} %`;
    const share = `${(recall * 100).toFixed(4)} %`;
    console.log(
      row(`${percent} %`, share, aimed, missed, `${inside} of ${RUNS}`, peakMb.toFixed(0)),
    );
    if (recall < aim) process.exitCode = 1;
  } finally {
    peer.close();
  }
}
