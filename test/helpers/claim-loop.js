// Claims jobs of a store until there are none: `node claim-loop.js PLACE WORKER`. Says the id of each,
// and ends it.
import { openStore } from '../../dist/store/open.js';
import { claimJob } from '../../dist/store/queries/job-claims.js';
import { endJob } from '../../dist/store/queries/jobs.js';

const [place, worker] = process.argv.slice(2);
const store = await openStore(JSON.parse(place));
for (;;) {
  const claimant = { worker, now: Date.now(), leaseMs: 60_000 };
  const job = await store.write((tx) => claimJob(tx, store.facts, claimant));
  if (job === null) break;
  process.stdout.write(`${job.id}\n`);
  const held = { tenant: job.tenant, id: job.id, worker };
  const ending = { status: 'done', now: Date.now(), problem: null };
  await store.write((tx) => endJob(tx, held, ending));
}
await store.close();
