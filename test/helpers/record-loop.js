// Records the looks of a file of JSON lines into a store until it is killed or they are all there:
// `node record-loop.js PLACE FILE FIRST [TENANT]`. Says the number of each look once it is confirmed.
import { readFileSync } from 'node:fs';
import { openStore } from '../../dist/store/open.js';
import { recordLook } from '../../dist/store/record.js';

const [place, file, first, tenant = 'local'] = process.argv.slice(2);
const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
const store = await openStore(JSON.parse(place));
for (let number = Number(first); number < lines.length; number++) {
  await recordLook(store, tenant, 'scan', JSON.parse(lines[number]));
  process.stdout.write(`${number}\n`);
}
await store.close();
