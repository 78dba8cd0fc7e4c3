/** Both connect engines against nmap's connect scan: whole processes from start to end. */
import { makeNamespace } from '../test/lab/namespace.ts';
import { compare, nmap, ours } from './contest.ts';

const OPEN_PORTS = Array.from({ length: 50 }, (_, at) => 137 + at * 1300);
const EIGHT_PORTS = [22, 80, 443, 3306, 5432, 6379, 8080, 137].join(',');

export async function connectBench(): Promise<void> {
  const peer = makeNamespace();
  try {
    await peer.listen(OPEN_PORTS);
    const host = peer.far.v4;
    const first = peer.spare(0);
    peer.answerFor(`${first}/20`);
    compare('(a) all 65,535 ports of one host, 50 of them open, by connecting', OPEN_PORTS.length, [
      { name: 'nmap -sT', run: () => nmap('-sT', host, '1-65535') },
      { name: 'epoll', run: () => ours('epoll', host, 1, '-'), target: 1.2 },
      { name: 'node', run: () => ours('node', host, 1, '-'), target: 4.5 },
    ]);
    compare('(b) 4,096 addresses × 8 ports, one of them open everywhere', 4096, [
      { name: 'nmap -sT', run: () => nmap('-sT', `${first}/20`, EIGHT_PORTS) },
      { name: 'epoll', run: () => ours('epoll', first, 4096, EIGHT_PORTS), target: 1 / 1.2 },
      { name: 'node', run: () => ours('node', first, 4096, EIGHT_PORTS) },
      // what `--engine auto` takes for root, whom nmap lets choose too
      { name: 'syn', run: () => ours('syn', first, 4096, EIGHT_PORTS), target: 1 / 1.2 },
    ]);
  } finally {
    peer.close();
  }
}
