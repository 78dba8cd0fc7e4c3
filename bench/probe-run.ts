/**
 * One measured scan in a process of its own:
 * `node probe-run.js ENGINE FIRST-ADDRESS HOSTS PORTS [RATE]`, PORTS `-` for all, RATE `max` unless
 * told otherwise. Prints what it found as JSON.
 */
import { type EngineStats, isSilence, type Pace } from '../src/probe/engine.ts';
import { chooseEngine } from '../src/probe/engines.ts';

const [name = 'auto', first = '', hosts = '1', list = '-', rate = 'max'] = process.argv.slice(2);
const ports =
  list === '-' ? Array.from({ length: 65_535 }, (_, at) => at + 1) : list.split(',').map(Number);

async function* addresses(): AsyncGenerator<string> {
  const start = first.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  for (let at = start; at < start + Number(hosts); at++) {
    yield `${at >>> 24}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}`;
  }
}

/** One bit for each address and port that was told open: counts each once. */
class Seen {
  readonly #start = first.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  readonly #index = new Map(ports.map((port, at) => [port, at]));
  readonly #bits = new Uint8Array(Math.ceil((Number(hosts) * ports.length) / 8));
  count = 0;
  twice = 0;

  add(address: string, port: number): void {
    const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const probe = (value - this.#start) * ports.length + (this.#index.get(port) ?? 0);
    const bit = 1 << (probe & 7);
    const before = this.#bits[probe >>> 3] ?? 0;
    if ((before & bit) === 0) this.count += 1;
    else this.twice += 1;
    this.#bits[probe >>> 3] = before | bit;
  }
}

const pace: Pace =
  rate === 'max'
    ? { rate, perHost: 'max' }
    : { rate: rate === 'auto' ? rate : Number(rate), perHost: 'auto' };
const stats: EngineStats = { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 };
const engine = await chooseEngine(name);
const open = new Seen();
const byPort: Record<number, number> = {};
let outcomes = 0;
for await (const batch of engine.probe(addresses(), ports, {
  pace,
  signal: new AbortController().signal,
  stats,
  warn: (message) => process.stderr.write(`${message}\n`),
})) {
  for (const told of batch) {
    outcomes += isSilence(told) ? told.ports.length : 1;
    if (isSilence(told) || told.state !== 'open') continue;
    open.add(told.address, told.port);
    byPort[told.port] = (byPort[told.port] ?? 0) + 1;
  }
}
const peakMb = process.resourceUsage().maxRSS / 1000;
const { probes, packets, loss } = stats;
process.stdout.write(
  JSON.stringify({
    outcomes,
    open: open.count,
    twice: open.twice,
    byPort,
    peakMb,
    probes,
    packets,
    loss,
  }),
);
