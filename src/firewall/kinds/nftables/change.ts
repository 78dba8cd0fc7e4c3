import { problem } from '../../../model/errors.ts';
import type { Machine } from '../../../model/machine.ts';
import { cidrsOf } from '../../cidrs.ts';
import { evaluate } from '../../evaluate.ts';
import type { Change, Script } from '../../kind.ts';
import type { Family, Layer, Table, Test } from '../../layer.ts';
import type { Question } from '../../packet.ts';
import { replacedBy } from '../../whole-file.ts';
import { read } from './read.ts';
import { commentText, isDeviceName, type Sources, setText, sourcesOf } from './sources.ts';

/** The host is not known here: its layers are asked as if every address were its own. */
const SOME_MACHINE: Machine = { hostname: '', system: 'linux', devices: [], routes: [] };
const NUMBERS = { tcp: 6, udp: 17 } as const;
const FOLDER = '/etc/nftables.d';
const MAIN = '/etc/nftables.conf';
const INCLUDE = `include "${FOLDER}/*.nft"`;

/**
 * The change as a table of its own. A drop is final whatever accepts elsewhere (nft(8), "VERDICT
 * STATEMENTS"), so no rule of others need be touched, several changes stand side by side, and taking
 * one back is to delete its table. Of TCP only what begins a connection is dropped (a SYN alone): what
 * is established goes on, even where connection tracking has not seen it begin.
 */
export function change(asked: Change, layers: readonly Layer[]): Script {
  const families = ([4, 6] as const).filter((family) => asked.families.includes(family));
  const wanted = { ...asked, families, early: isTranslated(asked, layers) };
  const sources = checked(wanted);
  const table = tableName(wanted);
  const rules = rulesetText(table, wanted, sources);
  const file = `${FOLDER}/${table}.nft`;
  const before = earlierText(table, wanted, layers);
  const undo = before ?? `table inet ${table}\ndelete table inet ${table}\n`;
  const warnings = warningsOf(wanted, layers, before !== undefined);
  const load = { argv: ['nft', '-f', '-'] };
  return {
    kind: 'nftables',
    apply: [{ ...load, stdin: rules }],
    undo: [{ ...load, stdin: undo }],
    persist: [
      { path: file, text: rules },
      // appended once: an earlier line of the same text is taken out
      replacedBy(
        MAIN,
        '{ grep -vxF -e "$1" "$file" || [ "$?" = 1 ]; } && printf "%s\\n" "$1"',
        INCLUDE,
      ),
    ],
    touches: [file, MAIN],
    text: pasteText(wanted, rules, table, file),
    warnings,
  };
}

/** What is asked for, and where it must stand. */
interface Wanted extends Change {
  /** Before destinations are translated, because connections to this port are. */
  readonly early: boolean;
}

function isTranslated(
  { forwarded, families, transport, port }: Change,
  layers: readonly Layer[],
): boolean {
  if (forwarded !== undefined) return true;
  return families.some((family) =>
    evaluate(layers, questionOf(family, transport, port), SOME_MACHINE).some(
      ({ translated }) => translated !== undefined,
    ),
  );
}

function pasteText(wanted: Change, rules: string, table: string, file: string): string {
  return `# ${verbOf(wanted)} ${wanted.transport} port ${wanted.port}: one transaction
nft -f - <<'END'
${rules}END

# to take it back
#   nft delete table inet ${table}

# to keep it over a restart: the same text as ${file}, and in ${MAIN} behind all else
#   ${INCLUDE}
# which nftables.service loads (systemctl enable nftables)
`;
}

function verbOf({ only, device }: Change): 'close' | 'restrict' {
  return only === undefined && device === undefined ? 'close' : 'restrict';
}

function impossible(wanted: Change, reason: string): Error {
  const { transport, port } = wanted;
  return problem('REMEDY_IMPOSSIBLE', {
    verb: verbOf(wanted),
    transport,
    port,
    kind: 'nftables',
    problem: reason,
  });
}

/** Null: nobody is to be let in. */
function checked(wanted: Change): Sources | null {
  const { port, families, device, only } = wanted;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw impossible(wanted, 'no such port');
  if (families.length === 0) throw impossible(wanted, 'neither IPv4 nor IPv6 was named');
  if (device !== undefined && !isDeviceName(device)) {
    throw impossible(wanted, `"${device}" cannot be a device`);
  }
  if (only === undefined) return null;
  const sources = sourcesOf(only);
  if ('faulty' in sources) throw impossible(wanted, `"${sources.faulty}" is no CIDR block`);
  return sources;
}

/** One for each port: the same change twice is one, and another one replaces it. */
function tableName({ transport, port }: Pick<Change, 'transport' | 'port'>): string {
  return `postern_${transport}_${port}`;
}

function rulesetText(table: string, wanted: Wanted, sources: Sources | null): string {
  const sets = ([4, 6] as const).filter((family) => isLimited(family, wanted, sources));
  const chains = wanted.early ? PREROUTING : INPUT;
  return `table inet ${table}
delete table inet ${table}

table inet ${table} {
${sets.map((family) => setText(`only${family}`, family, sources?.[family] ?? [])).join('')}	chain ${chains.name} {
		${chains.hook}
${dropRules(wanted, sources)
  .map((rule) => `\t\t${rule}\n`)
  .join('')}	}
}
`;
}

const INPUT = {
  name: 'input',
  hook: 'type filter hook input priority filter - 10; policy accept;',
  match: [],
} as const;

/** Before the translation, where the port is still the one to be closed. */
const PREROUTING = {
  name: 'prerouting',
  hook: 'type filter hook prerouting priority dstnat - 10; policy accept;',
  match: ['fib daddr type local'],
} as const;

/** What begins something new: connection tracking would take an unknown ACK for new as well. */
const BEGINS = {
  tcp: 'tcp flags & (fin | syn | rst | ack) == syn',
  udp: 'ct state != { established, related }',
} as const;

function isLimited(family: Family, { families, only }: Change, sources: Sources | null): boolean {
  return only !== undefined && families.includes(family) && (sources?.[family].length ?? 0) > 0;
}

function dropRules(wanted: Wanted, sources: Sources | null): readonly string[] {
  const { transport, port, families, device, early, reason } = wanted;
  const place = early ? PREROUTING : INPUT;
  const what = [...place.match, `${transport} dport ${port}`, BEGINS[transport]];
  const end = `counter drop ${commentText(`postern: ${reason}`)}`;
  const rule = (...before: readonly string[]) => [...before, ...what, end].join(' ');
  const both = families.includes(4) && families.includes(6);
  const own = 'iifname != "lo"';
  const of = (family: Family) => `meta nfproto ipv${family}`;
  const elsewhere = device === undefined ? undefined : `iifname != { "lo", "${device}" }`;
  const everyone = device === undefined && sources === null;
  if (everyone) return both ? [rule(own)] : families.map((family) => rule(own, of(family)));
  return families.flatMap((family) => [
    ...(elsewhere === undefined ? [] : [rule(elsewhere, of(family))]),
    ...(sources === null ? [] : [sourceRule(family)]),
  ]);

  function sourceRule(family: Family): string {
    if (!isLimited(family, wanted, sources)) return rule(own, of(family));
    return rule(own, `${family === 4 ? 'ip' : 'ip6'} saddr != @only${family}`);
  }
}

/** The text that brings an earlier change of ours to this port back; undefined when there was none. */
function earlierText(name: string, wanted: Change, layers: readonly Layer[]): string | undefined {
  const tables = layers.filter(({ role }) => role === 'live').flatMap(({ tables: all }) => all);
  const table = tables.find((each) => each.name === name && each.family === 'inet');
  if (table === undefined) return undefined;
  const earlier = earlierChange(table, wanted);
  const text = rulesetText(name, earlier, checked(earlier));
  const [ours] = read([{ origin: name, text }], 'live').tables;
  if (ours === undefined || stepsOf(ours) !== stepsOf(table)) {
    throw impossible(
      wanted,
      `table inet ${name} is there and is not as postern writes it: delete or rename it first`,
    );
  }
  return text;
}

/** All that a table does, to be compared. */
function stepsOf({ chains }: Table): string {
  const rules = chains.map(({ hook, policy, rules: all }) => [
    hook,
    policy,
    all.map(({ steps }) => steps),
  ]);
  return JSON.stringify(rules, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

/** The change that a table was written for, if it is one of ours. */
function earlierChange({ chains }: Table, { transport, port }: Change): Wanted {
  const rules = chains.flatMap((chain) => chain.rules);
  const tests = rules.flatMap(({ steps }) => steps.filter((step): step is Test => 'test' in step));
  const allowed = tests.flatMap((test) => (test.test === 'address' ? [test.in] : []));
  const named = tests.flatMap((test) => (test.test === 'family' ? [test.family] : []));
  const devices = tests.flatMap((test) =>
    test.test === 'name' && test.field === 'in-device' ? [test.in] : [],
  );
  const device = devices.flat().find((name) => name !== 'lo');
  const families = new Set<Family>([...allowed.map(({ family }) => family), ...named]);
  // beside the rule for other devices there is one for the sources only where some were named
  const limited =
    allowed.length > 0 || (device !== undefined && devices.some(({ length }) => length === 1));
  return {
    transport,
    port,
    families:
      families.size === 0 ? [4, 6] : ([4, 6] as const).filter((family) => families.has(family)),
    ...(limited ? { only: allowed.flatMap(({ family, ranges }) => cidrsOf(family, ranges)) } : {}),
    ...(device === undefined ? {} : { device }),
    early: chains[0]?.hook?.point === 'prerouting',
    reason: (rules[0]?.comment ?? '').replace(/^postern: /, ''),
  };
}

function warningsOf(
  wanted: Change,
  layers: readonly Layer[],
  replaces: boolean,
): readonly string[] {
  const { transport } = wanted;
  return [
    ...standingRules(wanted, layers),
    ...(transport === 'udp'
      ? [
          'UDP has no connections: an exchange that connection tracking has not seen both ways is cut off.',
        ]
      : []),
    ...(replaces
      ? ['It replaces an earlier change of postern to this port; undo brings that one back.']
      : []),
    `To outlive a restart it needs nftables.service, which loads ${MAIN}: see systemctl is-enabled nftables.`,
  ];
}

/** The rules that let the port in now and stay where they are. */
function standingRules(
  { transport, port, families }: Change,
  layers: readonly Layer[],
): readonly string[] {
  const found = new Set<string>();
  for (const family of families) {
    for (const part of evaluate(layers, questionOf(family, transport, port), SOME_MACHINE)) {
      for (const { fate, rule, table, chain, layer } of part.decisions) {
        if (fate !== 'accept' || rule === undefined) continue;
        const handle = rule.handle === undefined ? '' : ` (handle ${rule.handle})`;
        found.add(
          `It leaves the accept rule "${rule.text}"${handle} of ${layer} ${table} ${chain} standing.`,
        );
      }
    }
  }
  return [...found];
}

function questionOf(family: Family, transport: Change['transport'], port: number): Question {
  return {
    family,
    protocol: NUMBERS[transport],
    source: [0n, 1n << (family === 4 ? 32n : 128n)],
    destination: [0n, 1n << (family === 4 ? 32n : 128n)],
    sourcePort: [0, 65_536],
    destinationPort: [port, port + 1],
    inDevice: ['some device'],
  };
}
