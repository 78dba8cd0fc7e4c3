import type { ServiceFix } from '../remedy/at-service.ts';
import { isHostKind } from '../remedy/in-charge.ts';
import type { Opening } from '../remedy/open-port.ts';
import type { Plan } from '../remedy/plan.ts';
import { wrapped } from '../report/columns.ts';
import type { Applied } from './remedy.ts';

const LEAST_WIDTH = 60;
const APPLY = '--apply makes the change, and takes it back unless you confirm it.';
const ELSEWHERE = 'Carry it out where that firewall is: --apply does not reach it.';

/** A comment on as many lines as `width` columns ask for. */
function comment(text: string, width: number): string {
  const lines = wrapped(text, Math.max(LEAST_WIDTH, width) - '#   '.length);
  return lines.map((line, at) => `${at === 0 ? '# ' : '#   '}${line}`).join('\n');
}

/**
 * A plan for people in `width` columns: comments say why, the other lines can be pasted into a root
 * shell.
 */
export function planText(
  { summary, inCharge, script, services, warnings, opening }: Plan,
  width: number,
): string {
  return [
    comment(`To ${summary} in ${inCharge.kind} (${inCharge.why})`, width),
    ...warnings.map((text) => comment(`Mind: ${text}`, width)),
    ...(opening === undefined ? [] : openingLines(opening, width)),
    script.text.trimEnd(),
    '',
    ...services.flatMap((fix) => serviceLines(fix, width)),
    comment(`Nothing was changed. ${isHostKind(script.kind) ? APPLY : ELSEWHERE}`, width),
    '',
  ].join('\n');
}

const OPENINGS = {
  open: 'The rules let everybody in to the port of the VPN already',
  shut: 'The rules keep the port of the VPN shut; to let it in',
  unknown: 'Whether the rules let the port of the VPN in cannot be told; to let it in',
} as const;

function openingLines({ now, lines }: Opening, width: number): string[] {
  const head = `${OPENINGS[now]}, and mind firewalls in front of this host:`;
  return [comment(head, width), ...lines, ''];
}

function serviceLines({ todo, lines, file, source }: ServiceFix, width: number): string[] {
  const from = source === undefined ? '' : ` (${source})`;
  // lines of a file are no commands, and commands here are another way: not to be pasted with the rest
  const body = lines.map((line) => `#   ${line}`);
  const where = file === undefined ? [] : [`# in ${file}:`];
  return [comment(`At the service: ${todo}${from}`, width), ...where, ...body, ''];
}

/** What `--apply` came to, for people. */
export function appliedText({ summary, warnings, services }: Plan, applied: Applied): string {
  const { id, state, undoAfter, verified } = applied;
  const head = {
    confirmed: `applied and confirmed: ${summary}\nIt is saved for the next start, too. To take it back: postern undo ${id}`,
    waiting: `applied: ${summary}\nIt takes itself back after ${undoAfter} s. To keep it: postern confirm ${id}`,
    undone: `taken back: ${summary}`,
  }[state];
  if (state === 'undone') return `${head}\n`;
  const better = services.map(({ todo }) => `At the service: ${todo}`);
  return `${[head, ...verified, ...warnings.map((text) => `Mind: ${text}`), ...better].join('\n')}\n`;
}
