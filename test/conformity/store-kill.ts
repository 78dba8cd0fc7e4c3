import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { LOCAL, openStore, type Place, type Store } from '../../src/store/open.ts';
import { storedReport } from '../../src/store/queries/scans.ts';
import { HOSTS, lookId, numberedLook } from '../helpers/numbered-looks.ts';

const LOOP = fileURLToPath(new URL('../helpers/record-loop.js', import.meta.url));
/** Looks that one round may record before it is killed. */
const LOOKS_A_ROUND = 40;

interface Recorder {
  readonly child: ChildProcess;
  /** The last look that was confirmed; -1: none yet. */
  confirmed(): number;
  /** Resolves when it has confirmed one, or has ended. */
  readonly began: Promise<unknown>;
}

/** Looks for recorders to record, as a file of JSON lines. */
export async function writeLooks(file: string, count: number): Promise<void> {
  const looks = Array.from({ length: count }, (_, index) => numberedLook(index, HOSTS));
  await writeFile(file, looks.map((look) => JSON.stringify(look)).join('\n'));
}

/** A process that records the looks of a file from `first` on, with the program as it was built. */
export function startRecorder(
  place: Place,
  file: string,
  first: number,
  tenant: string = LOCAL,
): Recorder {
  const args = [LOOP, JSON.stringify(place), file, String(first), tenant];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return {
    child,
    confirmed: () => Number(said.split('\n').slice(0, -1).at(-1) ?? -1),
    began: Promise.race([once(child.stdout, 'data'), once(child, 'exit')]),
  };
}

/** Kills a recorder at a moment by chance, `rounds` times; after each, all that was confirmed is whole.
 * Resolves to the rounds that it survived. */
export async function killWhileRecording(
  place: Place,
  file: string,
  rounds: number,
): Promise<number> {
  await writeLooks(file, rounds * LOOKS_A_ROUND);
  let next = 0;
  let survived = 0;
  while (survived < rounds) {
    const recorder = startRecorder(place, file, next);
    // it may end by itself, before it is killed
    const closed = once(recorder.child, 'close');
    await recorder.began;
    await sleep(Math.random() * 120);
    recorder.child.kill('SIGKILL');
    await closed;
    const confirmed = recorder.confirmed();
    expect(confirmed).toBeGreaterThanOrEqual(next);
    const store = await openStore(place);
    try {
      next = (await wholeUpTo(store, confirmed)) + 1;
      survived += 1;
    } finally {
      await store.close();
    }
  }
  return survived;
}

/** Looks the store over; resolves to the number of the last look in it, confirmed or just not yet. */
async function wholeUpTo(store: Store, confirmed: number): Promise<number> {
  expect(await store.read((db) => store.facts.faults(db))).toEqual([]);
  // a database server may still be at the last `commit` of a program that is no more: that holds this lock
  await store.write((tx) => store.facts.lockForRecording(tx, LOCAL));
  return store.snapshot(async (db) => {
    const { scans } = await db
      .selectFrom('scans')
      .select((eb) => eb.fn.countAll<number>().as('scans'))
      .executeTakeFirstOrThrow();
    // killed between the commit and the word of it, one more may be there, and is whole
    expect([confirmed + 1, confirmed + 2]).toContain(scans);
    const last = scans - 1;
    const report = await storedReport(db, LOCAL, lookId(last));
    expect(report).toEqual(JSON.parse(JSON.stringify(numberedLook(last, HOSTS))));
    const now = await db
      .selectFrom('intervals')
      .select(['port', 'state', 'last_covered'])
      .where('ended_at', 'is', null)
      .execute();
    expect(now).toHaveLength(last === -1 ? 0 : 2 * HOSTS);
    const at = Date.parse(report?.scan.endedAt ?? '');
    expect(new Set(now.map((row) => row.last_covered))).toEqual(new Set([at]));
    const ssh = new Set(now.filter(({ port }) => port === 22).map(({ state }) => state));
    expect(ssh).toEqual(new Set([last % 2 === 0 ? 'open' : 'closed']));
    const { changes } = await db
      .selectFrom('changes')
      .select((eb) => eb.fn.countAll<number>().as('changes'))
      .executeTakeFirstOrThrow();
    expect(changes).toBe(HOSTS * (scans + 1));
    return last;
  });
}
