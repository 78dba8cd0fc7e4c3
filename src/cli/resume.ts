import { randomInt, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { problem } from '../model/errors.ts';
import type { Problem } from '../model/scan.ts';
import { createResolver } from '../net/dns.ts';
import { createJournal } from '../pipeline/journal/create.ts';
import type { Manner, PlanSettings } from '../pipeline/journal/entry.ts';
import { Journal } from '../pipeline/journal/open.ts';
import { digestOf, ListDigest } from '../pipeline/journal/plan.ts';
import { readExclusions } from '../targets/exclude.ts';
import { formatPorts, formatSelection, joinSelection } from '../targets/ports.ts';
import { readTargets } from '../targets/read.ts';
import { formatShard, parseShard } from '../targets/shard.ts';
import { shown } from '../targets/target.ts';
import { choosePorts } from './choose.ts';
import { type GivenOptions, SCAN_DEFAULTS, type ScanOptions } from './options.ts';
import type { PolicyFile } from './policy-file.ts';

const IN_A_LIST = 5000;

/** A scan that can be resumed, as the command line asks for it. */
export interface ResumeRequest {
  readonly path: string;
  readonly targets: readonly string[];
  readonly given: GivenOptions;
  /** What `-` reads. */
  readonly stdin: Readable;
  /** `postern` and its version. */
  readonly tool: string;
  readonly signal: AbortSignal;
  /** What a new scan is judged by, and one that goes on was begun with; null: not named. */
  readonly policy: PolicyFile | null;
  /** Of a new scan; default: by chance. */
  readonly id?: string;
}

/**
 * Opens the file of a scan, or begins it. What is given beside the file must agree with its plan.
 * Throws RESUME_FILE, RESUME_DAMAGED, RESUME_PLAN, and what a bad option throws.
 */
export async function openJournal(request: ResumeRequest): Promise<Journal> {
  const { path } = request;
  const known = await Journal.open(path);
  if (known !== null) {
    const differences = await differencesTo(known, request);
    if (differences.length === 0) return known;
    throw problem('RESUME_PLAN', { value: path, differences: differences.join('; ') });
  }
  await begin(request);
  const begun = await Journal.open(path);
  if (begun !== null) return begun;
  throw problem('RESUME_FILE', { value: path, problem: 'it is gone again' });
}

/** The options with which a scan goes on: its plan, and what is given anew. */
export function resumedOptions({ header, exclude }: Journal, given: GivenOptions): ScanOptions {
  const { settings, manner } = header;
  const { engine, rate, perHost, timeout } = manner;
  const shard = parseShard(settings.shard ?? '');
  return {
    ...SCAN_DEFAULTS,
    engine,
    rate,
    perHost,
    ...(timeout === null ? {} : { timeout }),
    ...given,
    ports: joinSelection(settings.ports),
    exclude: inLists(exclude),
    seed: settings.seed,
    identify: settings.identify,
    phantoms: settings.phantoms,
    show: settings.show,
    ...(shard === null ? {} : { shard }),
  };
}

/** Half a million exclusions are read in lists faster than one by one. */
function inLists(texts: readonly string[]): string[] {
  const lists: string[] = [];
  for (let at = 0; at < texts.length; at += IN_A_LIST) {
    lists.push(texts.slice(at, at + IN_A_LIST).join(' '));
  }
  return lists;
}

async function begin(request: ResumeRequest): Promise<void> {
  const { path, targets, given, stdin, tool, signal, policy, id = randomUUID() } = request;
  if (targets.length === 0) {
    const reason = 'it does not exist, and no target is named to begin a scan';
    throw problem('RESUME_FILE', { value: path, problem: reason });
  }
  const options: ScanOptions = { ...SCAN_DEFAULTS, ...given };
  const settings = settingsOf(targets, options, policy);
  const exclude = await excludedTexts(options.exclude, signal);
  const problems: Problem[] = [];
  await createJournal(path, {
    tool,
    id,
    startedAt: new Date().toISOString(),
    settings,
    manner: mannerOf(options),
    targets: readTargets(targets, { stdin, signal, onProblem: (found) => problems.push(found) }),
    problems: () => problems,
    exclude,
    signal,
  });
}

function settingsOf(
  targets: readonly string[],
  options: ScanOptions,
  policy: PolicyFile | null,
): PlanSettings {
  const { seed, shard, identify, phantoms, show } = options;
  const { tcp, udp } = choosePorts(options, targets);
  return {
    ports: { tcp: formatPorts(tcp), udp: formatPorts(udp) },
    seed: seed ?? randomInt(2 ** 32),
    shard: shard === undefined ? null : formatShard(shard),
    identify,
    phantoms,
    show,
    policy,
  };
}

function mannerOf({ engine, rate, perHost, timeout }: ScanOptions): Manner {
  return { engine, rate, perHost, timeout: timeout ?? null };
}

async function excludedTexts(
  exclude: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const resolver = createResolver({ signal });
  return (await readExclusions(exclude, { resolver, signal })).texts;
}

/** What is given and not what the file says, a clause each. */
async function differencesTo(journal: Journal, request: ResumeRequest): Promise<string[]> {
  const { targets, given, stdin, signal } = request;
  const { seal } = journal;
  const differences = changedSettings(journal.header.settings, request);
  if (targets.length > 0 && (await targetDigest(targets, stdin, signal)) !== seal.targets) {
    differences.unshift('targets (or what their files hold)');
  }
  if (given.exclude !== undefined) {
    const texts = await excludedTexts(given.exclude, signal);
    if (digestOf(texts) !== seal.exclude) differences.push('exclusions');
  }
  return differences;
}

function changedSettings(plan: PlanSettings, { targets, given, policy }: ResumeRequest): string[] {
  const { ports, top, seed, shard, identify, phantoms, show } = given;
  const named = ports !== undefined || top !== undefined;
  const pairs: [string, string, string | undefined][] = [
    [
      'ports',
      joinSelection(plan.ports),
      named ? formatSelection(choosePorts(given, targets)) : undefined,
    ],
    ['seed', `${plan.seed}`, seed === undefined ? undefined : `${seed}`],
    ['shard', plan.shard ?? 'none', shard === undefined ? undefined : formatShard(shard)],
    ['identify', `${plan.identify}`, identify === undefined ? undefined : `${identify}`],
    ['phantoms', plan.phantoms, phantoms],
    ['show', plan.show.toSorted().join(), show?.toSorted().join()],
  ];
  const differences = pairs
    .filter(([, inFile, now]) => now !== undefined && now !== inFile)
    .map(
      ([name, inFile, now = '']) => `${name} (${shown(inFile)} in the file, ${shown(now)} given)`,
    );
  if (policy !== null && policy.text !== plan.policy?.text) {
    differences.push('policy');
  }
  return differences;
}

async function targetDigest(
  targets: readonly string[],
  stdin: Readable,
  signal: AbortSignal,
): Promise<string> {
  const digest = new ListDigest();
  // what was wrong with them stands in the file
  const read = readTargets(targets, { stdin, signal, onProblem: () => undefined });
  for await (const { target } of read) digest.add(target.text);
  signal.throwIfAborted();
  return digest.hex();
}
