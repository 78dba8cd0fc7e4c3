/**
 * Compares the engines with nmap, zmap and masscan on namespace hosts. Needs root and these three.
 * `npm run bench:probe`, or with some of the parts alone: `npm run bench:probe -- connect send`.
 */
import { namespacesMet } from '../test/lab/namespace.ts';
import { connectBench } from './probe-connect.ts';
import { lossBench } from './probe-loss.ts';
import { sendBench } from './probe-send.ts';
import { synBench } from './probe-syn.ts';

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  connect: connectBench,
  send: sendBench,
  syn: synBench,
  loss: lossBench,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `no part is named ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`,
  );
  process.exitCode = 2;
} else if (namespacesMet('nmap', 'masscan', 'zmap', 'nft')) {
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted.length === 0 || wanted.includes(name)) await part();
  }
}
