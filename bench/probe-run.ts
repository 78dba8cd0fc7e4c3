/**
 * One measured scan in a process of its own: `node probe-run.js ENGINE FIRST-ADDRESS HOSTS PORTS`,
 * PORTS `-` for all. Prints what it found as JSON.
 */
import { isSilence } from '../src/probe/engine.ts';
import { chooseEngine } from '../src/probe/engines.ts';

const [name = 'auto', first = '', hosts = '1', list = '-'] = process.argv.slice(2);
const ports =
  list === '-' ? Array.from({ length: 65_535 }, (_, at) => at + 1) : list.split(',').map(Number);

async function* addresses(): AsyncGenerator<string> {
  const [a, b, c = 0, d = 0] = first.split('.').map(Number);
  for (let at = 0; at < Number(hosts); at++) {
    const low = c * 256 + d + at;
    yield `${a}.${b}.${low >> 8}.${low & 255}`;
  }
}

const engine = await chooseEngine(name);
const open = new Set<string>();
let outcomes = 0;
for await (const batch of engine.probe(addresses(), ports, {
  pace: { rate: 'max', perHost: 'max' },
  signal: new AbortController().signal,
  stats: { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 },
  warn: (message) => process.stderr.write(`${message}\n`),
})) {
  for (const told of batch) {
    outcomes += isSilence(told) ? told.ports.length : 1;
    if (told.state === 'open') open.add(`${told.address} ${told.port}`);
  }
}
const peakMb = process.resourceUsage().maxRSS / 1000;
process.stdout.write(JSON.stringify({ outcomes, open: open.size, peakMb }));
