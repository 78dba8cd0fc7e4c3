import { isNobody } from '../../both-families.ts';
import { impossible, plainComment, sidesOf } from '../../change-parts.ts';
import { cidrsOf } from '../../cidrs.ts';
import type { Change, Script } from '../../kind.ts';
import type { Chain, Family, Layer, Table } from '../../layer.ts';
import type { Dialect } from './config.ts';
import { entryText } from './entry-text.ts';

interface List {
  readonly name: string;
  readonly dialect: Dialect;
  readonly family: Family | undefined;
  readonly first: number;
}

/** Lists that the base chain for what comes in goes to. */
function inbound({ name, chains }: Table): readonly List[] {
  const base = chains.find(({ hook, name: chain }) => hook !== undefined && chain === 'in');
  const targets = new Set(
    (base?.rules ?? []).flatMap(({ steps }) =>
      steps.flatMap((step) =>
        'do' in step && (step.do === 'goto' || step.do === 'jump') ? [step.chain] : [],
      ),
    ),
  );
  return chains
    .filter((chain) => targets.has(chain.name))
    .map((chain) => listOf(chain, name === 'asa' ? 'asa' : 'ios'));
}

function listOf({ name, rules }: Chain, dialect: Dialect): List {
  const numbers = rules.flatMap(({ handle }) => (handle === undefined ? [] : [Number(handle)]));
  const six = name.startsWith('ipv6 ');
  return {
    name: six ? name.slice(5) : name,
    dialect,
    family: dialect === 'asa' ? undefined : six ? 6 : 4,
    first: Math.min(...numbers, 10),
  };
}

/** Of a list that tells packets by their source alone. */
const STANDARD = /^standard /;

interface Lines {
  readonly apply: readonly string[];
  readonly undo: readonly string[];
}

function iosLines({ name, family, first }: List, entries: readonly string[]): Lines {
  const heading = family === 6 ? `ipv6 access-list ${name}` : `ip access-list extended ${name}`;
  const room = first - 1 >= entries.length;
  const resequence =
    room || family === 6 ? [] : [`ip access-list resequence ${name} ${entries.length + 10} 10`];
  const numbered = entries.map((entry, at) =>
    family === 6 ? ` sequence ${at + 1} ${entry}` : ` ${at + 1} ${entry}`,
  );
  return {
    apply: [...resequence, heading, ...numbered],
    undo: [
      heading,
      ...entries.map((entry, at) => (family === 6 ? ` no ${entry}` : ` no ${at + 1}`)),
    ],
  };
}

function asaLines({ name }: List, entries: readonly string[]): Lines {
  return {
    apply: entries.map((entry, at) => `access-list ${name} line ${at + 1} extended ${entry}`),
    undo: entries.map((entry) => `no access-list ${name} extended ${entry}`),
  };
}

/**
 * Entries that deny, in front of all others, whoever may not come in: the first entry that matches
 * decides. Lines for a person; the router is another machine.
 */
export function changeCisco(change: Change, layers: readonly Layer[]): Script {
  if (change.device !== undefined)
    throw impossible(
      change,
      'cisco',
      `${change.device} is a device of the host, not of the router`,
    );
  const { refused } = sidesOf(change, 'cisco');
  if (isNobody(refused)) throw impossible(change, 'cisco', 'everyone may come in');
  const lists = layers
    .filter(({ kind }) => kind === 'cisco')
    .flatMap(({ tables }) => tables)
    .flatMap(inbound);
  const standard = lists.filter(({ name }) => STANDARD.test(name)).map(({ name }) => name);
  const others = lists.filter(({ name }) => !STANDARD.test(name));
  const noPorts = `the list "${standard.join('", "')}" knows no ports: bind an extended one in its place`;
  if (standard.length > 0 && others.length === 0) throw impossible(change, 'cisco', noPorts);
  const all = others.map((list): Lines => {
    const families = ([4, 6] as const).filter(
      (family) => list.family === undefined || list.family === family,
    );
    const entries = families
      .flatMap((family) => cidrsOf(family, refused[family]))
      .map((block) =>
        entryText('deny', change.transport, block, [change.port, change.port], list.dialect),
      );
    if (entries.length === 0) return { apply: [], undo: [] };
    return list.dialect === 'asa' ? asaLines(list, entries) : iosLines(list, entries);
  });
  const apply = all.flatMap((lines) => lines.apply);
  if (apply.length === 0)
    throw impossible(change, 'cisco', 'no access list that packets come in by was read');
  return {
    kind: 'cisco',
    apply: [],
    undo: [],
    persist: [],
    touches: [],
    text: [
      `! ${plainComment(change.reason)}`,
      'configure terminal',
      ...apply,
      'end',
      '! when it works: copy running-config startup-config',
      '! to take it back:',
      ...all.flatMap((lines) => lines.undo).map((line) => `! ${line}`),
      '',
    ].join('\n'),
    warnings: [
      'A person has to do this: Postern changes no router.',
      'The entries are for the port on every host behind the router.',
      ...(standard.length > 0 ? [`What comes in by other interfaces stays: ${noPorts}.`] : []),
      ...(apply.some((line) => line.includes(' resequence '))
        ? ['The entries of the list get new numbers, which taking it back leaves.']
        : []),
    ],
  };
}
