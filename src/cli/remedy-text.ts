import type { ServiceFix } from '../remedy/at-service.ts';
import type { Opening } from '../remedy/open-port.ts';
import type { Plan } from '../remedy/plan.ts';
import type { Applied } from './remedy.ts';

/** A plan for people: comments say why, the other lines can be pasted into a root shell. */
export function planText({ summary, inCharge, script, services, warnings, opening }: Plan): string {
  return [
    `# To ${summary} in ${inCharge.kind} (${inCharge.why})`,
    ...warnings.map((text) => `# Mind: ${text}`),
    ...(opening === undefined ? [] : openingLines(opening)),
    script.text.trimEnd(),
    '',
    ...services.flatMap(serviceLines),
    '# Nothing was changed. --apply makes the change, and takes it back unless you confirm it.',
    '',
  ].join('\n');
}

const OPENINGS = {
  open: 'The rules let everybody in to the port of the VPN already',
  shut: 'The rules keep the port of the VPN shut; to let it in',
  unknown: 'Whether the rules let the port of the VPN in cannot be told; to let it in',
} as const;

function openingLines({ now, lines }: Opening): string[] {
  return [`# ${OPENINGS[now]}, and mind firewalls in front of this host:`, ...lines, ''];
}

function serviceLines({ todo, lines, file, source }: ServiceFix): string[] {
  const from = source === undefined ? '' : ` (${source})`;
  // lines of a configuration file are no commands
  const body = file === undefined ? lines : lines.map((line) => `#   ${line}`);
  const where = file === undefined ? [] : [`# in ${file}:`];
  return [`# At the service: ${todo}${from}`, ...where, ...body, ''];
}

/** What `--apply` came to, for people. */
export function appliedText({ summary, warnings, services }: Plan, applied: Applied): string {
  const { id, state, undoAfter, verified } = applied;
  const head = {
    confirmed: `applied and confirmed: ${summary}\nIt is kept over a restart. To take it back: postern undo ${id}`,
    waiting: `applied: ${summary}\nIt takes itself back after ${undoAfter} s. To keep it: postern confirm ${id}`,
    undone: `taken back: ${summary}`,
  }[state];
  const better = services.map(({ todo }) => `At the service: ${todo}`);
  return `${[head, ...verified, ...warnings.map((text) => `Mind: ${text}`), ...better].join('\n')}\n`;
}
