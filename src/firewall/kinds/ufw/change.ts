import { problem } from '../../../model/errors.ts';
import { readNetwork } from '../../../model/network.ts';
import { shellWord } from '../../../model/shell-word.ts';
import { addressRanges, addressText, cidrsOf } from '../../cidrs.ts';
import type { Change, Command, Script } from '../../kind.ts';
import { FAMILIES, type Family, type Layer } from '../../layer.ts';
import { prefixOf } from './lines.ts';
import { commandWords, type Tuple } from './tuple.ts';
import { asUfwWrites } from './write.ts';

/** ufw has no sets, and each rule is a run of ufw that loads all of them again. */
const MOST_RULES = 100;
/** How often a rule may be split to differ from those that are there. */
const MOST_SPLITS = 6;

/**
 * Rules put before all others: those who may are let in, then the port is closed. ufw does nothing,
 * and says so only in words, when a rule of the same ports and addresses is there already, whatever
 * it does with them; such a rule of ours is split by destination into halves that are not.
 */
export function changeUfw(change: Change, layers: readonly Layer[]): Script {
  if (change.forwarded !== undefined) {
    throw impossible(
      change,
      "packets to containers pass the container engine's rules before they come to ufw; use --kind iptables, whose DOCKER-USER chain is asked first, or --kind nftables",
    );
  }
  const layer = layers.find(({ kind }) => kind === 'ufw');
  if (layer === undefined) throw impossible(change, "ufw's files were not read");
  if (layer.tables.every(({ dormant }) => dormant === true)) {
    throw impossible(change, 'ufw is disabled; enable it first: ufw enable');
  }
  if (layer.unread.some((text) => text.includes('was not read'))) {
    throw impossible(change, layer.unread.join('; '));
  }
  return scriptOf(change, rulesOf(change, layer));
}

function impossible(change: Change, reason: string) {
  const { transport, port, only, device } = change;
  const verb = only === undefined && device === undefined ? 'close' : 'restrict';
  return problem('REMEDY_IMPOSSIBLE', { verb, transport, port, kind: 'ufw', problem: reason });
}

function scriptOf(change: Change, tuples: readonly Tuple[]): Script {
  const comment = `postern: ${change.reason}`.replaceAll(/[^ -~]|['"\\]/g, ' ');
  const apply = tuples.map((tuple) => ufw('prepend', ...commandWords(tuple), 'comment', comment));
  const undo = [...tuples].reverse().map((tuple) => ufw('delete', ...commandWords(tuple)));
  const text = apply.map(({ argv }) => `${argv.map(shellWord).join(' ')}\n`).join('');
  return {
    kind: 'ufw',
    apply,
    undo,
    // ufw writes its files at once.
    persist: [],
    touches: ['/etc/ufw/user.rules', '/etc/ufw/user6.rules'],
    text: `# ${change.reason.replaceAll(/\s+/g, ' ')}\n${text}`,
    warnings: warningsOf(change, tuples),
  };
}

function ufw(...words: readonly string[]): Command {
  return { argv: ['ufw', ...words] };
}

function warningsOf(change: Change, tuples: readonly Tuple[]): string[] {
  const one = tuples.length > 2;
  return [
    'ufw is changed at once and for good: what undo does not take back outlives a restart.',
    ...(one && change.only !== undefined
      ? [
          `ufw is run ${tuples.length} times; until the last, new connections to the port are refused.`,
        ]
      : []),
  ];
}

/** In the order in which they are put in front, so that the last is asked first. */
function rulesOf(change: Change, layer: Layer): Tuple[] {
  const families = FAMILIES.filter(
    (family) => change.families.includes(family) && hasRules(layer, family),
  );
  if (families.length === 0) {
    throw impossible(change, 'ufw refuses everything of this family already (IPV6=no)');
  }
  return families.flatMap((family) => {
    const taken = keysOf(layer, family);
    const refusal = differing(change, tupleOf(change, family, 'deny'), taken);
    const allowances = allowed(change, family).flatMap((tuple) => differing(change, tuple, taken));
    return [...refusal, ...allowances];
  });
}

function chainRules(layer: Layer, name: string) {
  return layer.tables.flatMap(({ chains }) => chains).find((chain) => chain.name === name);
}

/** With IPV6=no ufw has no rules for IPv6, and takes none. */
function hasRules(layer: Layer, family: Family): boolean {
  return chainRules(layer, `${prefixOf(family)}-user-input`) !== undefined;
}

function keysOf(layer: Layer, family: Family): Set<string> {
  const rules = chainRules(layer, `${prefixOf(family)}-user-input`)?.rules ?? [];
  return new Set(rules.flatMap(({ handle, text }) => (handle === undefined ? [] : keyOf(text))));
}

/** What ufw tells rules apart by: all but what is done and logged. */
function keyOf(command: string): string {
  const rest = command.replace(/^(?:allow|deny|reject|limit) /, '');
  return rest.replace(/(?<! on)(?: log| log-all)(?= (?:proto|from) )/, '');
}

function allowed(change: Change, family: Family): Tuple[] {
  const { only, device = '' } = change;
  if (only === undefined) {
    return device === '' ? [] : [{ ...tupleOf(change, family, 'allow'), inDevice: device }];
  }
  const blocks = blocksOf(change, only, family);
  return blocks.map((source) => ({
    ...tupleOf(change, family, 'allow'),
    inDevice: device,
    source,
  }));
}

function blocksOf(change: Change, only: readonly string[], family: Family): string[] {
  const networks = only.map((text) => {
    const network = readNetwork(text);
    if (network === null) throw impossible(change, `"${text}" is no network`);
    return network;
  });
  const own = networks.filter((network) => network.family === family);
  const blocks = cidrsOf(family, addressRanges(own)).map(asUfwWrites);
  if (blocks.length > MOST_RULES) {
    throw impossible(
      change,
      `${blocks.length} networks would be as many rules, and ufw has no sets; use --kind nftables`,
    );
  }
  return blocks;
}

function tupleOf({ transport, port }: Change, family: Family, action: Tuple['action']): Tuple {
  const everywhere = family === 4 ? '0.0.0.0/0' : '::/0';
  return {
    action,
    route: false,
    log: '',
    protocol: transport,
    port: String(port),
    destination: everywhere,
    sourcePort: 'any',
    source: everywhere,
    application: '',
    sourceApplication: '',
    direction: 'in',
    inDevice: '',
    outDevice: '',
    comment: '',
  };
}

/** The rule, or together as much, so that none has the key of one that is there. */
function differing(change: Change, tuple: Tuple, taken: ReadonlySet<string>): Tuple[] {
  for (let bits = 0; bits <= MOST_SPLITS; bits += 1) {
    const parts = partsOf(tuple, bits);
    if (parts.every((part) => !taken.has(keyOf(commandWords(part).join(' '))))) return parts;
  }
  throw impossible(change, 'rules of the same ports and addresses are there in every form');
}

function partsOf(tuple: Tuple, bits: number): Tuple[] {
  const family = tuple.destination.includes(':') ? 6 : 4;
  const width = family === 4 ? 32n : 128n;
  return Array.from({ length: 2 ** bits }, (_, at) => {
    const first = BigInt(at) << (width - BigInt(bits));
    return { ...tuple, destination: `${addressText(family, first)}/${bits}` };
  });
}
