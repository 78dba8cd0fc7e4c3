import type { Kysely } from 'kysely';
import { z } from 'zod';
import { readGlob } from '../model/glob.ts';
import { networkHas, readNetwork } from '../model/network.ts';
import { isRuleId, RULES } from '../model/rules.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import type { DialectFacts } from '../store/dialects/facts.ts';
import { assetsNear, findingsById, groupsById } from '../store/queries/alert-subjects.ts';
import type { FindingRow, Tables } from '../store/schema.ts';
import type { AssetRow, EventRow } from '../store/service-schema.ts';
import type { Facts, Happening } from './happening.ts';
import type { Rule } from './match.ts';

/** What events say in `detail`; every writer says what it knows. */
const detailSchema = z.looseObject({
  severity: z.int().min(0).max(4).optional().catch(undefined),
  status: z.string().optional().catch(undefined),
  note: z.string().optional().catch(undefined),
  address: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  target: z.string().optional().catch(undefined),
  schedule: z.string().nullish().catch(undefined),
  problem: z.string().optional().catch(undefined),
});
type Detail = z.infer<typeof detailSchema>;

interface Asked {
  readonly tenant: string;
  readonly rules: readonly Rule[];
  readonly publicUrl: string;
  /** Milliseconds. */
  readonly now: number;
}

/** Events with what rules ask of them. What is unknown, or about what is gone, is left out. */
export async function happeningsOf(
  db: Kysely<Tables>,
  facts: DialectFacts,
  events: readonly EventRow[],
  asked: Asked,
): Promise<readonly Happening[]> {
  const ids = events.filter(isOfFinding).map(({ subject }) => subject);
  const rows = await findingsById(db, facts, asked.tenant, ids);
  const findings = new Map(rows.map((row) => [row.id, row]));
  const happenings = events.flatMap((event) => happeningOf(event, findings, asked) ?? []);
  return withAssets(db, facts, happenings, asked);
}

/** What became of findings that are over or accepted while no rule was switched on to hear it. */
export async function unheardOf(
  db: Kysely<Tables>,
  facts: DialectFacts,
  ids: readonly string[],
  asked: Asked,
): Promise<readonly Happening[]> {
  const rows = await findingsById(db, facts, asked.tenant, ids);
  const happenings = rows.flatMap((row) => {
    const { id: subject, tenant, status } = row;
    const kind = status === 'resolved' ? 'finding.resolved' : 'finding.changed';
    const event = { tenant, id: '', at: asked.now, kind, subject, detail: '{}', batch: '' };
    return ofFinding(event, {}, row, asked) ?? [];
  });
  const quiet = happenings.filter(({ state }) => state !== 'open');
  return withAssets(db, facts, quiet, asked);
}

function isOfFinding({ kind }: EventRow): boolean {
  return kind.startsWith('finding.');
}

function happeningOf(
  event: EventRow,
  findings: ReadonlyMap<string, FindingRow>,
  asked: Asked,
): Happening | null {
  const detail = detailOf(event);
  if (!isOfFinding(event)) return OTHERS[event.kind]?.(event, detail, asked.publicUrl) ?? null;
  const row = findings.get(event.subject);
  return row === undefined ? null : ofFinding(event, detail, row, asked);
}

function detailOf({ detail }: EventRow): Detail {
  try {
    return detailSchema.parse(JSON.parse(detail));
  } catch {
    return {};
  }
}

const FINDING_WORDS: Readonly<Record<string, Happening['event']>> = {
  'finding.opened': 'opened',
  'finding.reopened': 'reopened',
  'finding.changed': 'changed',
  'finding.resolved': 'resolved',
};

function ofFinding(
  { kind, subject, at }: EventRow,
  detail: Detail,
  row: FindingRow,
  { publicUrl, now }: Asked,
): Happening | null {
  const event = FINDING_WORDS[kind];
  if (event === undefined) return null;
  const names = JSON.parse(row.names) as string[];
  const host = names[0] ?? row.address;
  const { why, todo, port, transport, rule } = row;
  const what = isRuleId(rule) ? RULES[rule].title : rule;
  const link = `${publicUrl}/findings/${subject}`;
  return {
    event,
    subject: `finding:${subject}`,
    ...stateOf(event, detail, row, now),
    severity: detail.severity ?? row.severity,
    since: event === 'reopened' ? at : row.opened_at,
    facts: { what, why, todo, host, port, transport, link, note: detail.note ?? '' },
    finding: rule,
    hosts: [row.address, ...names.map((name) => name.toLowerCase())],
    labels: [],
    groups: [],
  };
}

/** As it stood after the event; accepted as it is now. */
function stateOf(
  event: Happening['event'],
  { status }: Detail,
  row: FindingRow,
  now: number,
): Pick<Happening, 'state' | 'heldUntil'> {
  if (event === 'resolved' || status === 'resolved') return { state: 'resolved', heldUntil: null };
  const until = row.accepted_until;
  const held = row.status === 'accepted' && until !== null && until > now;
  return held ? { state: 'held', heldUntil: until } : { state: 'open', heldUntil: null };
}

type Reader = (event: EventRow, detail: Detail, publicUrl: string) => Happening;

interface Other {
  readonly event: Happening['event'];
  readonly state: Happening['state'];
  readonly severity: Severity;
  readonly subject: string;
  readonly at: number;
  readonly what: string;
  readonly why?: string;
  readonly todo?: string;
  readonly host?: string;
  readonly hosts?: readonly string[];
  readonly link: string;
}

function other(about: Other): Happening {
  const { event, state, severity, subject, at, what, link, hosts = [] } = about;
  const facts: Facts = {
    ...{ what, why: about.why ?? '', todo: about.todo ?? '', host: about.host ?? null },
    ...{ port: null, transport: 'tcp', link, note: about.why ?? '' },
  };
  return {
    ...{ event, subject, state, heldUntil: null, severity: SEVERITIES.indexOf(severity) },
    ...{ since: at, facts, finding: null, labels: [], groups: [] },
    hosts: hosts.map((host) => host.toLowerCase()),
  };
}

/** Events that are no finding's, by kind. */
const OTHERS: Readonly<Record<string, Reader>> = {
  'address.joined': (event, { address = '?' }, url) =>
    other({
      ...{ event: 'address-joined', state: 'once', severity: 'low', at: event.at },
      subject: `joined:${event.subject}:${address}`,
      what: `${event.subject} has a new address: ${address}`,
      why: 'It is scanned from now on as part of this name.',
      todo: 'Make sure that this address is yours.',
      ...{ host: event.subject, hosts: [event.subject, address], link: `${url}/assets` },
    }),
  'address.left': (event, { address = '?' }, url) =>
    other({
      ...{ event: 'address-left', state: 'once', severity: 'low', at: event.at },
      subject: `left:${event.subject}:${address}`,
      what: `${event.subject} no longer has the address ${address}`,
      why: 'It is no longer scanned as part of this name.',
      ...{ host: event.subject, hosts: [event.subject, address], link: `${url}/assets` },
    }),
  'job.failed': (event, { schedule, name, problem = '' }, url) =>
    other({
      ...{ event: 'job-failed', state: 'once', severity: 'high', at: event.at },
      subject: `job:${schedule ?? event.subject}`,
      what: `A job has failed${name === undefined ? '' : `: ${name}`}`,
      why: problem === '' ? 'Until it works, nothing new is seen there.' : problem,
      todo: 'Look at the job; it says what it met.',
      link: `${url}/jobs/${event.subject}`,
    }),
  'agent.silent': (event, detail, url) => agent('open', event, detail, url),
  'agent.returned': (event, detail, url) => agent('resolved', event, detail, url),
  'grant.lapsed': (event, { target = event.subject }, url) =>
    other({
      ...{ event: 'grant-lapsed', state: 'once', severity: 'high', at: event.at },
      subject: `grant:${event.subject}`,
      what: `${target} may no longer be scanned`,
      why: 'The proof that it is yours is gone.',
      todo: 'Put the DNS record back, or prove it anew.',
      link: `${url}/grants`,
    }),
  'channel.failed': (event, detail, url) => channel('open', event, detail, url),
  'channel.recovered': (event, detail, url) => channel('resolved', event, detail, url),
};

function agent(
  state: 'open' | 'resolved',
  event: EventRow,
  { name = event.subject, problem = 'It has reported again.' }: Detail,
  url: string,
): Happening {
  return other({
    ...{ event: 'agent-silent', state, severity: 'high', subject: `agent:${event.subject}` },
    at: event.at,
    what: `The agent ${name} is silent`,
    why: state === 'open' ? 'What happens on its host is not seen.' : problem,
    todo: 'Look whether the host is up and the agent runs.',
    link: `${url}/agents/${event.subject}`,
  });
}

function channel(
  state: 'open' | 'resolved',
  event: EventRow,
  { name = event.subject, problem = '' }: Detail,
  url: string,
): Happening {
  return other({
    ...{ event: 'channel-failed', state, severity: 'high', subject: `channel:${event.subject}` },
    at: event.at,
    what: `Alerts over ${name} fail`,
    why: problem === '' && state === 'resolved' ? 'A message was taken again.' : problem,
    todo: 'Correct the channel, then send the failed messages again.',
    link: `${url}/outbox`,
  });
}

/** Labels and groups of hosts, when a rule asks for them. */
async function withAssets(
  db: Kysely<Tables>,
  facts: DialectFacts,
  happenings: readonly Happening[],
  { tenant, rules }: Asked,
): Promise<readonly Happening[]> {
  const wanted = rules.flatMap(({ spec }) => spec.match.groups);
  const labelled = rules.some(({ spec }) => spec.match.labels.length > 0);
  if (wanted.length === 0 && !labelled) return happenings;
  const targets = [...new Set(happenings.flatMap(({ hosts }) => hosts))];
  const assets = (await assetsNear(db, facts, tenant, targets)).map(assetOf);
  const groups = (await groupsById(db, facts, tenant, wanted)).map(({ id, selector }) => ({
    id,
    has: groupTest(JSON.parse(selector) as Selector),
  }));
  return happenings.map((happening) => {
    const own = assets.filter(({ has }) => happening.hosts.some(has));
    return {
      ...happening,
      labels: own.flatMap(({ labels }) => labels),
      groups: groups.filter(({ has }) => own.some(has)).map(({ id }) => id),
    };
  });
}

interface Asset {
  readonly target: string;
  readonly labels: readonly string[];
  readonly has: (host: string) => boolean;
}

function assetOf({ target, labels, kind }: AssetRow): Asset {
  const network = kind === 'network' ? readNetwork(target) : null;
  const has = (host: string) => (network === null ? host === target : networkHas(network, host));
  return { target, labels: JSON.parse(labels) as string[], has };
}

interface Selector {
  readonly labels?: readonly string[];
  readonly patterns?: readonly string[];
}

function groupTest({ labels = [], patterns = [] }: Selector): (asset: Asset) => boolean {
  const fits = patterns.map(readGlob);
  return (asset) =>
    asset.labels.some((label) => labels.includes(label)) || fits.some((test) => test(asset.target));
}
