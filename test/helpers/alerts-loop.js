// Records the looks of a file of JSON lines from FIRST on, and makes and sends alerts meanwhile, with the
// program as it was built: `node alerts-loop.js PLACE FILE FIRST URL LEASE_MS`. With FILE `-` it only sends.
// Says the number of each look once it is confirmed.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAlerts } from '../../dist/alerts/loop.js';
import { readNetwork } from '../../dist/model/network.js';
import { openStore } from '../../dist/store/open.js';
import { recordLook } from '../../dist/store/record.js';
import { sealerOf } from '../../dist/store/seal.js';

/** A round of kills lasts 0.4 s at most, and must not use up its looks. */
const PAUSE_MS = 40;

const [place, file, first, url, leaseMs] = process.argv.slice(2);
const store = await openStore(JSON.parse(place));
const alerts = startAlerts({
  store,
  sealer: sealerOf(Buffer.alloc(32, 7)),
  notify: {
    allowed: [readNetwork('127.0.0.0/8')],
    channels: [{ name: 'hook', type: 'webhook', settings: { url, secret: 'hunter2' } }],
  },
  publicUrl: 'https://postern.example',
  everyMs: 20,
  // a busy machine takes its time, and a try that is given up waits for long
  leaseMs: Number(leaseMs),
  timeoutMs: Number(leaseMs) * 0.45,
  onFault: (error) => process.stderr.write(`${error?.stack ?? error}\n`),
});
const stop = async () => {
  await alerts.stop();
  await store.close();
};
process.on('SIGTERM', () => void stop());
const lines = file === '-' ? [] : readFileSync(file, 'utf8').split('\n').filter(Boolean);
for (let number = Number(first); number < lines.length; number++) {
  await recordLook(store, 'local', 'scan', JSON.parse(lines[number]));
  process.stdout.write(`${number}\n`);
  await sleep(PAUSE_MS);
}
