import { problem } from '../../../model/errors.ts';
import { readNetwork } from '../../../model/network.ts';
import { shellWord } from '../../../model/shell-word.ts';
import { addressRanges, cidrsOf } from '../../cidrs.ts';
import type { Change, Command, Script } from '../../kind.ts';
import { type Chain, FAMILIES, type Family, type Layer } from '../../layer.ts';
import { isOff } from '../../mentioned.ts';
import { readRichText } from './rich.ts';
import { richPortText } from './rich-text.ts';
import { setPath, setText } from './write.ts';

/** Asked before all that an administrator is likely to have written; firewalld's lowest is -32768. */
const ALLOW = -32_767;
const REFUSE = -32_766;
/** Above this many networks of one family they go into a set: firewalld makes a rule of each. */
const MOST_RULES = 64;
/** A set of networks that the change needs. */
interface NewSet {
  readonly name: string;
  readonly family: Family;
  readonly blocks: readonly string[];
}

interface Plan {
  readonly zone: string;
  readonly add: readonly string[];
  /** Rules of an earlier change of ours for the port. */
  readonly remove: readonly string[];
}

/**
 * Rich rules in every zone in use, before all others of it: the port is let in for those who may,
 * then dropped. Rules of an earlier change for the port are taken away, and come back with `undo`.
 */
export function changeFirewalld(change: Change, layers: readonly Layer[]): Script {
  if (change.forwarded !== undefined) {
    throw impossible(
      change,
      'firewalld lets in what was handed on to a container before it asks its zones; use --kind nftables',
    );
  }
  const layer = layers.find(({ kind }) => kind === 'firewalld');
  if (layer === undefined) throw impossible(change, "firewalld's zones were not read");
  if (isOff(layer)) throw impossible(change, 'it is stopped; systemctl start firewalld starts it');
  const zones = zonesOf(layer);
  if (zones.length === 0) throw impossible(change, 'it has no zone in use');
  const open = zonesOfDevice(change, layer, zones);
  const sets = newSets(change, layer);
  const plans = zones.map((zone) => planOf(change, layer, zone, open.includes(zone), sets));
  return sets.length === 0 ? byRules(change, plans, layer) : bySets(change, plans, sets, layer);
}

function impossible(change: Change, reason: string) {
  const { transport, port, only, device } = change;
  const verb = only === undefined && device === undefined ? 'close' : 'restrict';
  return problem('REMEDY_IMPOSSIBLE', {
    verb,
    transport,
    port,
    kind: 'firewalld',
    problem: reason,
  });
}

function chainOf(layer: Layer, name: string): Chain | undefined {
  return layer.tables.flatMap(({ chains }) => chains).find((chain) => chain.name === name);
}

const PREFIX = 'filter_IN_';

/** Zones that something is bound to, and the default zone. */
function zonesOf(layer: Layer): string[] {
  const gotos = dispatch(layer).flatMap(({ zone }) => zone);
  return [...new Set(gotos)].sort();
}

function dispatch(layer: Layer): { zone: string[]; devices: readonly string[]; any: boolean }[] {
  return (chainOf(layer, 'filter_INPUT_ZONES')?.rules ?? []).map(({ steps }) => ({
    zone: steps.flatMap((step) =>
      'do' in step && step.do === 'goto' ? [step.chain.slice(PREFIX.length)] : [],
    ),
    devices: steps.flatMap((step) =>
      'test' in step && step.test === 'name' && step.field === 'in-device' ? step.in : [],
    ),
    any: steps.every((step) => 'do' in step),
  }));
}

/** The zones in which the port stays open: all, or that of the device alone. */
function zonesOfDevice(change: Change, layer: Layer, zones: readonly string[]): readonly string[] {
  const { device } = change;
  if (device === undefined) return zones;
  const bindings = dispatch(layer);
  const own = bindings.find(({ devices }) => devices.includes(device))?.zone[0];
  const others = bindings.filter(
    ({ zone, devices }) => zone[0] === own && !devices.includes(device),
  );
  if (own === undefined || others.length > 0) {
    throw impossible(
      change,
      `firewalld tells devices apart by zone only, and ${device} has none of its own: give it one with firewall-cmd --zone=internal --change-interface=${device}`,
    );
  }
  return [own];
}

function blocksOf(change: Change, family: Family): readonly string[] {
  if (!change.families.includes(family)) return [];
  const networks = (change.only ?? []).map((text) => {
    const network = readNetwork(text);
    if (network === null) throw impossible(change, `"${text}" is no network`);
    return network;
  });
  return cidrsOf(family, addressRanges(networks.filter((one) => one.family === family)));
}

function newSets(change: Change, layer: Layer): NewSet[] {
  const taken = layer.tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
  return FAMILIES.flatMap((family) => {
    const blocks = blocksOf(change, family);
    if (blocks.length <= MOST_RULES) return [];
    const base = `postern-${change.transport}-${change.port}-v${family}`;
    let name = base;
    for (let at = 2; taken.some(({ text }) => text.includes(`"${name}"`)); at += 1) {
      name = `${base}-${at}`;
    }
    return [{ name, family, blocks }];
  });
}

function planOf(
  change: Change,
  layer: Layer,
  zone: string,
  isOpen: boolean,
  sets: readonly NewSet[],
): Plan {
  const rule = { port: String(change.port), protocol: change.transport };
  const refuse = { ...rule, priority: REFUSE, action: 'drop' } as const;
  const both = FAMILIES.every((family) => change.families.includes(family));
  const refusals = both
    ? [richPortText(refuse)]
    : change.families.map((family) => richPortText({ ...refuse, family }));
  const add = [...(isOpen ? allowances(change, sets) : []), ...refusals];
  const had = rulesOfOurs(change, layer, zone);
  return {
    zone,
    add: add.filter((text) => !had.includes(text)),
    remove: had.filter((text) => !add.includes(text)),
  };
}

function allowances(change: Change, sets: readonly NewSet[]): string[] {
  const rule = {
    port: String(change.port),
    protocol: change.transport,
    priority: ALLOW,
    action: 'accept',
  } as const;
  if (change.only === undefined) {
    if (change.device === undefined) return [];
    return change.families.map((family) => richPortText({ ...rule, family }));
  }
  return FAMILIES.flatMap((family) => {
    const set = sets.find((one) => one.family === family);
    if (set !== undefined) {
      return [richPortText({ ...rule, family, source: { ipset: set.name } })];
    }
    return blocksOf(change, family).map((address) =>
      richPortText({ ...rule, family, source: { address } }),
    );
  });
}

/** Rules at our priorities for the port, in the form we write them. */
function rulesOfOurs({ transport, port }: Change, layer: Layer, zone: string): string[] {
  const rules = chainOf(layer, `${PREFIX}${zone}_pre`)?.rules ?? [];
  return rules.flatMap(({ text }) => {
    const rule = readRichText(text);
    if (rule === undefined || ![ALLOW, REFUSE].includes(rule.priority)) return [];
    const { element, source, family, priority, action, destination } = rule;
    if (element?.is !== 'port' || element.protocol !== transport) return [];
    if (element.port !== String(port) || destination !== undefined) return [];
    if (action?.do !== 'accept' && action?.do !== 'drop') return [];
    const from = source?.address ?? source?.ipset;
    const peer = source?.address === undefined ? { ipset: from ?? '' } : { address: from ?? '' };
    return [
      richPortText({
        priority,
        port: element.port,
        protocol: element.protocol,
        action: action.do,
        ...(family !== undefined && { family }),
        ...(from !== undefined && { source: peer }),
      }),
    ];
  });
}

function zoneCommand(zone: string, options: readonly string[], permanent: boolean): Command {
  const where = permanent ? ['--permanent', `--zone=${zone}`] : [`--zone=${zone}`];
  return { argv: ['firewall-cmd', ...where, ...options] };
}

function adds(texts: readonly string[]): string[] {
  return texts.map((text) => `--add-rich-rule=${text}`);
}

function removes(texts: readonly string[]): string[] {
  return texts.map((text) => `--remove-rich-rule=${text}`);
}

/** firewall-cmd takes several options of one kind in one call, and no two kinds. */
function forward({ zone, add, remove }: Plan, permanent: boolean): Command[] {
  return [adds(add), removes(remove)]
    .filter((options) => options.length > 0)
    .map((options) => zoneCommand(zone, options, permanent));
}

function backward({ zone, add, remove }: Plan, permanent: boolean): Command[] {
  return [adds(remove), removes(add)]
    .filter((options) => options.length > 0)
    .map((options) => zoneCommand(zone, options, permanent));
}

function byRules(change: Change, plans: readonly Plan[], layer: Layer): Script {
  const apply = plans.flatMap((plan) => forward(plan, false));
  return {
    kind: 'firewalld',
    apply,
    undo: plans.flatMap((plan) => backward(plan, false)),
    persist: plans.flatMap((plan) => forward(plan, true)),
    // firewalld need not notice that a file of its was put back, and would write the rule again
    unpersist: plans.flatMap((plan) => backward(plan, true)),
    touches: plans.map(({ zone }) => zoneFile(zone)),
    text: textOf(change, [...apply, ...plans.flatMap((plan) => forward(plan, true))]),
    warnings: warningsOf(layer, plans),
  };
}

/** Sets are made in the permanent configuration only (firewall-cmd(1)), and come with a reload. */
function bySets(
  change: Change,
  plans: readonly Plan[],
  sets: readonly NewSet[],
  layer: Layer,
): Script {
  const reload: Command = { argv: ['firewall-cmd', '--reload'] };
  const apply = [...sets.flatMap(makeSet), ...plans.flatMap((plan) => forward(plan, true)), reload];
  return {
    kind: 'firewalld',
    apply,
    undo: [...plans.flatMap((plan) => backward(plan, true)), ...sets.flatMap(dropSet), reload],
    persist: [],
    touches: [...plans.map(({ zone }) => zoneFile(zone)), ...sets.map(({ name }) => setPath(name))],
    text: textOf(change, apply),
    warnings: [
      'The networks go into a set, which firewalld takes up by a reload: changes made without --permanent are lost by it.',
      ...warningsOf(layer, plans),
    ],
  };
}

/**
 * The file is filled by itself: `--add-entries-from-file` cannot read a pipe that is a socket, and
 * ends with success all the same.
 */
function makeSet({ name, family, blocks }: NewSet): Command[] {
  const option = `--option=family=${family === 4 ? 'inet' : 'inet6'}`;
  return [
    { argv: ['firewall-cmd', '--permanent', `--new-ipset=${name}`, '--type=hash:net', option] },
    { argv: ['tee', setPath(name)], stdin: setText(family, blocks) },
  ];
}

/** firewalld keeps what it deletes beside it. */
function dropSet({ name }: NewSet): Command[] {
  return [
    { argv: ['firewall-cmd', '--permanent', `--delete-ipset=${name}`] },
    { argv: ['rm', '-f', `${setPath(name)}.old`] },
  ];
}

function zoneFile(zone: string): string {
  return `/etc/firewalld/zones/${zone}.xml`;
}

function textOf({ reason }: Change, commands: readonly Command[]): string {
  const lines = commands.map(({ argv, stdin }) => {
    const line = argv.map(shellWord).join(' ');
    return stdin === undefined ? line : `${line} <<'END'\n${stdin}END`;
  });
  return `# ${reason.replaceAll(/\s+/g, ' ')}\n${lines.join('\n')}\n`;
}

function warningsOf(layer: Layer, plans: readonly Plan[]): string[] {
  const policies = chainOf(layer, 'filter_INPUT_POLICIES_pre')?.rules ?? [];
  const named = [...new Set(policies.map(({ text }) => text))];
  const before = named.filter((text) => text !== 'policy allow-host-ipv6');
  const earlier = plans.filter(({ zone }) => hasEarlier(layer, zone)).map(({ zone }) => zone);
  return [
    ...before.map((text) => `The ${text} is asked before the zones and may let the port in.`),
    ...earlier.map((zone) => `Zone ${zone} has a rule of priority -32768, asked before these.`),
  ];
}

function hasEarlier(layer: Layer, zone: string): boolean {
  const rules = chainOf(layer, `${PREFIX}${zone}_pre`)?.rules ?? [];
  return rules.some(({ text }) => (readRichText(text)?.priority ?? 0) < ALLOW);
}
