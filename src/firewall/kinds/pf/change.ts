import { allBlocks, isNobody } from '../../both-families.ts';
import { impossible, plainComment, sidesOf, slugOf } from '../../change-parts.ts';
import type { Change, Script } from '../../kind.ts';
import { FAMILIES, type Layer } from '../../layer.ts';

/** Anchors of ours hang below this one. */
const ANCHOR = 'postern';
const ANCHOR_LINE = `anchor "${ANCHOR}/*"`;
const FOLDER = '/etc';

/** The line is there: with its rules read, or as an anchor whose rules were not given. */
function hasAnchor(layers: readonly Layer[]): boolean {
  return layers
    .filter(({ kind }) => kind === 'pf')
    .some(
      ({ tables, unread }) =>
        unread.some((sentence) => sentence.includes(ANCHOR_LINE)) ||
        tables.some(({ chains }) =>
          chains.some(({ name }) => name.startsWith(`filter in/${ANCHOR}/`)),
        ),
    );
}

function rulesFor(change: Change): string[] {
  const { transport, port, device, families } = change;
  const { allowed } = sidesOf(change, 'pf');
  const service = `proto ${transport}`;
  const to = `to any port ${port}`;
  const of =
    families.length === 2 ? [''] : families.map((family) => (family === 4 ? 'inet ' : 'inet6 '));
  const block = (on: string, from: string) =>
    of.map((family) => `block drop in quick on ! ${on} ${family}${service} from ${from} ${to}`);
  if (isNobody(allowed)) return block('lo0', 'any');
  const table = `table <allowed> const { ${allBlocks(allowed).join(', ')} }`;
  const others = device === undefined ? [] : block(device, 'any');
  const everyone = change.only === undefined;
  return everyone ? others : [table, ...block('lo0', '! <allowed>'), ...others];
}

/**
 * An anchor of its own that blocks, quick, who may not come in: what passes the port stays as it is.
 * pf asks it only where its main rules have a line for our anchors, before what passes quick.
 */
export function changePf(change: Change, layers: readonly Layer[]): Script {
  if (change.families.length === 0 || !FAMILIES.some((family) => change.families.includes(family)))
    throw impossible(change, 'pf', 'it is for no address family');
  const name = `${ANCHOR}/${slugOf(change)}`;
  const rules = `${rulesFor(change).join('\n')}\n`;
  const file = `${FOLDER}/pf.${ANCHOR}.${slugOf(change)}.conf`;
  const load = `load anchor "${name}" from "${file}"`;
  return {
    kind: 'pf',
    apply: [{ argv: ['pfctl', '-a', name, '-f', '-'], stdin: rules }],
    undo: [
      { argv: ['pfctl', '-a', name, '-F', 'rules'] },
      { argv: ['pfctl', '-a', name, '-F', 'Tables'] },
    ],
    persist: [{ path: file, text: `# ${plainComment(change.reason)}\n${rules}`, mode: 0o600 }],
    touches: [file],
    text: [
      `# ${plainComment(change.reason)}`,
      `# /etc/pf.conf needs this line once, in front of the first rule with "quick":`,
      `#   ${ANCHOR_LINE}`,
      `# and this one, so that it outlives a restart:`,
      `#   ${load}`,
      `pfctl -a ${name} -f - <<'END'`,
      `${rules}END`,
      `# to take it back: pfctl -a ${name} -F rules`,
      '',
    ].join('\n'),
    warnings: [
      ...(hasAnchor(layers)
        ? []
        : [
            `It has no effect until /etc/pf.conf has the line ${ANCHOR_LINE} in front of its rules.`,
          ]),
      `After a restart it is there only when /etc/pf.conf has the line ${load}.`,
      'Connections that are open already stay open; pfctl -k ends them.',
    ],
  };
}
