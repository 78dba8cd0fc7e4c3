import type { Change, Command, Script } from '../../kind.ts';
import { type Chain, FAMILIES, type Family, type Layer, type Rule } from '../../layer.ts';
import { isOff } from '../../mentioned.ts';
import { replacedBy } from '../../whole-file.ts';
import {
  blocksByFamily,
  commentText,
  deviceText,
  impossible,
  isPort,
  ruleText,
  type Subject,
} from './rule-text.ts';

/** How all chains that we make begin. */
const OURS = 'POSTERN-';
/** Blocks above which a person should know that each new connection walks past them. */
const MANY_BLOCKS = 1000;

/** Names of one family's programs by back end; `any` is what the host has chosen (update-alternatives). */
const PROGRAMS = {
  4: { any: 'iptables', nft: 'iptables-nft', legacy: 'iptables-legacy' },
  6: { any: 'ip6tables', nft: 'ip6tables-nft', legacy: 'ip6tables-legacy' },
} as const;
type BackEnd = keyof (typeof PROGRAMS)[4];

/** What begins a connection. A lone SYN: connection tracking would take an ACK unknown to it for new. */
const BEGINS = {
  tcp: '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
  udp: '-p udp -m udp',
} as const;
/** UDP has no flags; what connection tracking has seen answered goes on. */
const NEW = { tcp: '', udp: '-m conntrack --ctstate NEW' } as const;

/** A rule of the built-in chain (or Docker's) that leads to the chain of a change. */
interface Jump {
  readonly chain: string;
  readonly target: string;
  readonly rule: string;
}

/**
 * The change as a chain of its own for each port (`POSTERN-TCP-5432`), asked first of all for what
 * begins a connection: named sources return to the rules that were there, all else is dropped. One
 * `iptables-restore --noflush` for each family, which takes all of its text or nothing. Loopback is
 * never closed. Throws REMEDY_IMPOSSIBLE.
 */
export function changeIptables(asked: Change, layers: readonly Layer[]): Script {
  const subject = subjectOf(asked);
  const families = FAMILIES.filter((family) => asked.families.includes(family));
  if (!isPort(asked.port) || asked.port === 0) throw impossible(subject, 'there is no such port');
  if (families.length === 0) throw impossible(subject, 'neither IPv4 nor IPv6 was named');
  const parts = families.map((family) => familyPart(asked, subject, family, layers));
  const files = families.map((family) => savedFile(family, layers));
  return {
    kind: 'iptables',
    apply: parts.map(({ apply }) => apply),
    undo: parts.map(({ undo }) => undo).toReversed(),
    persist: persistCommands(files, layers),
    touches: files.map(({ path }) => path),
    text: pasteText(asked, parts),
    warnings: warningsOf(asked, parts, layers),
  };
}

function subjectOf({ only, device, transport, port }: Change): Subject {
  const verb = only === undefined && device === undefined ? 'close' : 'restrict';
  return { verb, transport, port };
}

interface FamilyPart {
  readonly family: Family;
  readonly apply: Command;
  readonly undo: Command;
  /** Blocks that may come in. */
  readonly blocks: number;
  readonly replaces: boolean;
  /** Jumps that stand already, with rules of others in front of them. */
  readonly behind: readonly Jump[];
}

function familyPart(
  asked: Change,
  subject: Subject,
  family: Family,
  layers: readonly Layer[],
): FamilyPart {
  const name = chainName(asked);
  const live = liveChains(family, layers);
  const earlier = live.get(name);
  const jumps = jumpsOf(asked, live);
  const missing = jumps.filter((jump) => placeOf(jump, live) === -1);
  const blocks = asked.only === undefined ? null : blocksByFamily(asked.only, subject)[family];
  const rules = chainRules(asked, subject, blocks);
  const restore = restoreCommand(family, layers);
  return {
    family,
    apply: {
      argv: restore,
      stdin: tableText([
        `:${name} - [0:0]`,
        ...rules.map((rule) => `-A ${name} ${rule}`),
        ...missing.map(({ chain, rule }) => `-I ${chain} 1 ${rule}`),
      ]),
    },
    undo: { argv: restore, stdin: tableText(undoLines(name, missing, earlier)) },
    blocks: blocks?.length ?? 0,
    replaces: earlier !== undefined,
    behind: jumps.filter((jump) => !missing.includes(jump) && !isFirst(jump, live)),
  };
}

function chainName({ transport, port }: Pick<Change, 'transport' | 'port'>): string {
  return `${OURS}${transport.toUpperCase()}-${port}`;
}

function tableText(lines: readonly string[]): string {
  return ['*filter', ...lines, 'COMMIT', ''].join('\n');
}

function chainRules(
  { device, reason }: Change,
  subject: Subject,
  blocks: readonly string[] | null,
): readonly string[] {
  const on = device === undefined ? '' : deviceText(device, subject);
  const returns =
    blocks === null
      ? on === ''
        ? []
        : [ruleText(on, '-j RETURN')]
      : blocks.map((block) => ruleText(`-s ${block}`, on, '-j RETURN'));
  return [...returns, ruleText(commentText(`postern: ${reason}`), '-j DROP')];
}

/**
 * Docker's DOCKER-USER is asked before all that Docker lets pass and outlives its restart
 * (docs.docker.com, "Packet filtering and firewalls"). A translated packet shows the container's port
 * there; what it came for is in the connection.
 */
function jumpsOf(asked: Change, live: ReadonlyMap<string, Chain>): readonly Jump[] {
  const { transport, port } = asked;
  const name = chainName(asked);
  const input = ruleText(
    '! -i lo',
    BEGINS[transport],
    `--dport ${port}`,
    NEW[transport],
    `-j ${name}`,
  );
  const own = { chain: 'INPUT', target: name, rule: input };
  if (asked.forwarded === undefined) return [own];
  const original = `-m conntrack --ctstate DNAT --ctorigdstport ${port} --ctdir ORIGINAL`;
  const rule = ruleText('! -i lo', BEGINS[transport], original, NEW[transport], `-j ${name}`);
  const chain = live.has('DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD';
  return [own, { chain, target: name, rule }];
}

/** Chains of the filter tables in force. */
function liveChains(family: Family, layers: readonly Layer[]): ReadonlyMap<string, Chain> {
  const wanted = family === 4 ? 'ip' : 'ip6';
  const chains = chosenLayers(family, layers)
    .flatMap(({ tables }) => tables)
    .filter((table) => table.name === 'filter' && table.family === wanted)
    .flatMap((table) => table.chains);
  return new Map(chains.map((chain) => [chain.name, chain]));
}

function targetOf({ steps }: Rule): string | undefined {
  const jump = steps.find((step) => 'do' in step && step.do === 'jump');
  return jump !== undefined && 'chain' in jump ? jump.chain : undefined;
}

function placeOf({ chain, target }: Jump, live: ReadonlyMap<string, Chain>): number {
  return (live.get(chain)?.rules ?? []).findIndex((rule) => targetOf(rule) === target);
}

/** Jumps to other chains of ours may stand in front of it: they only drop what is for other ports. */
function isFirst(jump: Jump, live: ReadonlyMap<string, Chain>): boolean {
  const before = live.get(jump.chain)?.rules.slice(0, placeOf(jump, live)) ?? [];
  return before.every((rule) => targetOf(rule)?.startsWith(OURS) === true);
}

function undoLines(
  name: string,
  added: readonly Jump[],
  earlier: Chain | undefined,
): readonly string[] {
  const away = added.map(({ chain, rule }) => `-D ${chain} ${rule}`);
  if (earlier === undefined) return [...away, `-F ${name}`, `-X ${name}`];
  const rules = new Map(earlier.rules.map((rule) => [rule.line ?? rule.text, rule.text]));
  return [`:${name} - [0:0]`, ...rules.values(), ...away];
}

/** Layers of the back end that the host's rules are in. */
function chosenLayers(family: Family, layers: readonly Layer[]): readonly Layer[] {
  const chosen = backEnd(family, layers);
  return liveLayers(layers).filter((layer) => backEndOf(layer) === chosen);
}

function liveLayers(layers: readonly Layer[]): readonly Layer[] {
  return layers.filter(({ kind, role }) => kind === 'iptables' && role === 'live');
}

function backEndOf({ origin }: Layer): BackEnd {
  if (origin.includes('legacy')) return 'legacy';
  return /tables-nft/.test(origin) ? 'nft' : 'any';
}

/** The back end with rules of the family; of both the nft one, since a drop in either is final. */
function backEnd(family: Family, layers: readonly Layer[]): BackEnd {
  const live = liveLayers(layers);
  const used = live.filter((layer) => hasRules(layer, family));
  const ends = (used.length > 0 ? used : live).map(backEndOf);
  return ends.find((end) => end !== 'legacy') ?? ends[0] ?? 'any';
}

function hasRules({ tables }: Layer, family: Family): boolean {
  const wanted = family === 4 ? 'ip' : 'ip6';
  return tables
    .filter((table) => table.family === wanted)
    .some(({ chains }) =>
      chains.some(({ rules, policy }) => rules.length > 0 || (policy ?? 'accept') !== 'accept'),
    );
}

/** `-w`: waits for others who change rules at the moment. */
function restoreCommand(family: Family, layers: readonly Layer[]): readonly string[] {
  const program = PROGRAMS[family][backEnd(family, layers)];
  return [`${program}-restore`, '-w', '5', '--noflush'];
}

interface SavedFile {
  readonly family: Family;
  readonly path: string;
}

/** Where the host keeps its rules: what was read of it, or where netfilter-persistent looks. */
function savedFile(family: Family, layers: readonly Layer[]): SavedFile {
  const wanted = family === 4 ? 'ip' : 'ip6';
  const saved = layers.find(
    ({ kind, role, tables }) =>
      kind === 'iptables' && role === 'saved' && tables.some((table) => table.family === wanted),
  );
  const paths = saved?.origin.split(', ').filter((origin) => origin.startsWith('/')) ?? [];
  const own = paths.find((path) => /ip6|v6|rules6/.test(path) === (family === 6));
  return { family, path: own ?? `/etc/iptables/rules.v${family}` };
}

function persistCommands(
  files: readonly SavedFile[],
  layers: readonly Layer[],
): readonly Command[] {
  const folders = new Set(files.map(({ path }) => path.replace(/\/[^/]*$/, '')));
  return [
    ...[...folders].map((folder) => ({ argv: ['mkdir', '-p', folder] })),
    ...files.map(({ family, path }) =>
      replacedBy(path, '"$1"', `${PROGRAMS[family][backEnd(family, layers)]}-save`),
    ),
  ];
}

function pasteText(asked: Change, parts: readonly FamilyPart[]): string {
  const { verb } = subjectOf(asked);
  const block = ({ argv, stdin }: Command) => `${argv.join(' ')} <<'END'\n${stdin ?? ''}END\n`;
  return [
    `# ${verb} ${asked.transport} port ${asked.port}`,
    ...parts.map(({ apply }) => block(apply)),
    '# to take it back',
    // as comments: whoever pastes the whole must not take it back at once
    ...parts.map(({ undo }) => block(undo).replaceAll(/^(?=.)/gm, '#   ')),
    '# to keep it over a restart (Debian: the package iptables-persistent)',
    '#   netfilter-persistent save',
    '',
  ].join('\n');
}

function warningsOf(
  asked: Change,
  parts: readonly FamilyPart[],
  layers: readonly Layer[],
): readonly string[] {
  const { forwarded, transport } = asked;
  const live = liveLayers(layers);
  const bothEnds = new Set(live.filter(({ tables }) => tables.length > 0).map(backEndOf)).size > 1;
  const managers = layers.filter(({ kind }) => kind === 'ufw' || kind === 'firewalld');
  const manager = managers.find((layer) => !isOff(layer));
  const many = parts.filter(({ blocks }) => blocks > MANY_BLOCKS);
  const withoutUser =
    forwarded !== undefined &&
    parts.some(({ family }) => !liveChains(family, layers).has('DOCKER-USER'));
  const notes: readonly (readonly [boolean, string])[] = [
    [
      bothEnds,
      'Rules stand in both back ends of iptables: this one goes to where the rules of iptables-nft are, and the others stay in force.',
    ],
    [
      manager !== undefined,
      `${manager?.kind} manages this firewall: its next reload may take the rule away; make the change there.`,
    ],
    [
      transport === 'udp',
      'UDP has no connections: an exchange that connection tracking has not seen answered is cut off.',
    ],
    [
      withoutUser,
      'There is no chain DOCKER-USER: a restart of what forwards to the container may put its own rules in front of this one in FORWARD.',
    ],
    [
      parts.some(({ replaces }) => replaces),
      'It replaces an earlier change of postern to this port; undo brings that one back.',
    ],
    [
      true,
      'It lasts until the next restart, unless it is saved and something loads the saved rules (netfilter-persistent, or iptables.service of iptables-services).',
    ],
  ];
  return [
    ...notes.filter(([holds]) => holds).map(([, text]) => text),
    ...many.map(
      ({ family, blocks }) =>
        `Every new connection to this port is held against ${blocks} IPv${family} blocks one by one.`,
    ),
    ...parts
      .flatMap(({ behind }) => behind)
      .map(
        ({ chain, target }) =>
          `Rules stand in front of the jump to ${target} in ${chain} and decide before it.`,
      ),
  ];
}
