import pc from 'picocolors';
import { explainPort } from '../../judge/ports-query.ts';
import { KNOWN_PORTS, type KnownPort, PORT_GROUPS } from '../../model/known-ports.ts';
import { nearest } from '../../model/near.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { type Terminal, wantsColor, write } from '../terminal.ts';

/** Entries told in full; more are listed a line each. */
const IN_FULL = 3;
const MAX_LISTED = 100;

/** Explains ports to people, or lists the entries as JSON with `--json`. */
export async function portsCommand(
  query: readonly string[],
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const question = query.join(' ').trim();
  const found = question === '' ? KNOWN_PORTS : explainPort(question);
  if (options.json === true) {
    await write(terminal.out, `${JSON.stringify(found, null, 2)}\n`);
  } else {
    const paint = pc.createColors(wantsColor(terminal.out, process.env));
    await write(terminal.out, question === '' ? overview() : answer(question, found, paint));
  }
  return found.length === 0 ? EXIT.partial : EXIT.fine;
}

type Paint = ReturnType<typeof pc.createColors>;

function portOf({ port, transport }: KnownPort): string {
  return `${port}/${transport}`;
}

function overview(): string {
  const rows = PORT_GROUPS.map((group) => {
    const names = new Set(
      KNOWN_PORTS.filter((known) => known.group === group).map(({ name }) => name),
    );
    const some = [...names].slice(0, 6).join(', ');
    return `${group.padEnd(14)} ${String(names.size).padStart(3)}  ${some}${names.size > 6 ? ', …' : ''}`;
  });
  const tcp = KNOWN_PORTS.filter(({ transport }) => transport === 'tcp').length;
  const head = `${tcp} TCP and ${KNOWN_PORTS.length - tcp} UDP ports are known, by group:`;
  return `${head}\n\n${rows.join('\n')}\n\nAsk for one: postern ports 6379 · postern ports database · postern ports "remote desktop"\n`;
}

function answer(question: string, found: readonly KnownPort[], paint: Paint): string {
  if (found.length === 0) return `${nothing(question)}\n`;
  if (found.length <= IN_FULL)
    return `${found.map((known) => inFull(known, paint)).join('\n\n')}\n`;
  const rows = found.slice(0, MAX_LISTED).map((known) => inOneLine(known, paint));
  const more = found.length - rows.length;
  return `${rows.join('\n')}${more > 0 ? `\n… and ${more} more: narrow the question down` : ''}\n`;
}

function nothing(question: string): string {
  if (/^\d+$/.test(question)) {
    const port = Number(question);
    if (port < 1 || port > 65_535) return `"${question}" is no port: they go from 1 to 65535.`;
    return `Port ${port} is not in our list. postern scan HOST -p ${port} says what answers there.`;
  }
  const names = KNOWN_PORTS.map(({ name }) => name);
  const near = nearest(question.toLowerCase(), [...names, ...PORT_GROUPS]);
  if (near.length > 0)
    return `Nothing is known of "${question}". Did you mean ${near.join(' or ')}?`;
  return `Nothing is known of "${question}". Try a port number, a service name or one of: ${PORT_GROUPS.join(', ')}.`;
}

const LEVEL_WORDS = {
  expected: 'may be open to everybody',
  restrict: 'needed by some: put it behind a VPN or an address list',
  close: 'no reason to be reachable from outside',
  unknown: 'depends on what answers',
} as const;

function level(known: KnownPort, paint: Paint, text: string): string {
  if (known.level === 'close') return paint.red(text);
  return known.level === 'expected' ? paint.green(text) : paint.yellow(text);
}

function inFull(known: KnownPort, paint: Paint): string {
  return [
    `${paint.bold(portOf(known))}  ${known.title}  (${known.name}, ${known.group})`,
    `  used by   ${known.uses}`,
    `  risk      ${known.risk}`,
    `  verdict   ${level(known, paint, known.level)}, ${known.severity}: ${LEVEL_WORDS[known.level]}`,
  ].join('\n');
}

function inOneLine(known: KnownPort, paint: Paint): string {
  const { name, title } = known;
  return `${portOf(known).padEnd(10)} ${level(known, paint, known.level.padEnd(9))} ${name.padEnd(22)} ${title}`;
}
