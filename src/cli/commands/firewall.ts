import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cidrsOf } from '../../firewall/cidrs.ts';
import {
  compare,
  type Difference,
  type Side,
  TRANSPORTS,
  unknownInBoth,
} from '../../firewall/compare.ts';
import { decisionText } from '../../firewall/explain.ts';
import { intentOf, writableIn } from '../../firewall/intent.ts';
import type { FileWrite } from '../../firewall/kind.ts';
import { kindNamed } from '../../firewall/kinds.ts';
import { FAMILIES, type Family } from '../../firewall/layer.ts';
import { lintLayers } from '../../firewall/lint/registry.ts';
import { difference, equalRanges, pairsOf, type Ranges } from '../../firewall/ranges.ts';
import { blocksOf, everySource, openPorts, type PortClass } from '../../firewall/reach.ts';
import { judgeFlaws } from '../../judge/flaws.ts';
import { messageOf, problem } from '../../model/errors.ts';
import { OTHER_DEVICE } from '../../model/reachability.ts';
import { compareSeverity } from '../../model/verdict.ts';
import { SENSITIVE } from '../../pipeline/audit.ts';
import { lintTable } from '../../report/audit/table.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { FirewallOptions } from '../inside-program.ts';
import { chooseLayers, isPartlyRead, type LayersAndMachine } from '../layers.ts';
import { choosePolicy, readPolicy } from '../policy-file.ts';
import { type Terminal, wantsColor, write } from '../terminal.ts';

/** Blocks and port ranges that are named before the rest is counted. */
const NAMED = 6;
const ALL_PORTS = [0, 65_536];

function listOf(words: readonly string[]): string {
  const more = words.length - NAMED;
  return more > 0 ? `${words.slice(0, NAMED).join(', ')} and ${more} more` : words.join(', ');
}

function portsText(ports: Ranges<number>): string {
  if (equalRanges(ports, ALL_PORTS)) return 'all ports';
  const runs = pairsOf(ports, 1).map(([first, last]) =>
    first === last ? `${first}` : `${first}-${last}`,
  );
  return listOf(runs);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

interface Shown extends Omit<PortClass, 'ports'> {
  readonly transport: string;
  readonly family: number;
  readonly ports: readonly (readonly [number, number])[];
}

function shown({ layers, machine }: LayersAndMachine): readonly Shown[] {
  return TRANSPORTS.flatMap((transport) =>
    FAMILIES.flatMap((family) =>
      openPorts(layers, machine, transport, family)
        .filter(({ reach }) => reach !== 'nobody')
        .map(({ ports, ...rest }) => ({ transport, family, ports: pairsOf(ports, 1), ...rest })),
    ),
  );
}

/** Classes that differ in their family only, in one piece. */
function joinFamilies(classes: readonly Shown[]): readonly (readonly [string, Shown])[] {
  const joined = new Map<string, [string, Shown]>();
  for (const one of classes) {
    const key = shownLines('', one).join('\n');
    const before = joined.get(key);
    const families =
      before === undefined ? `IPv${one.family}` : `${before[0]} and IPv${one.family}`;
    joined.set(key, [families, before?.[1] ?? one]);
  }
  return [...joined.values()];
}

const EVERYBODY = /^(?:0\.0\.0\.0|::)\/0$/;

function shownLines(
  families: string,
  { transport, ports, reach, parts }: Shown,
): readonly string[] {
  const flat = ports.flatMap(([first, last]) => [first, last + 1]);
  const open = parts.filter(({ fate }) => fate === 'accept' || fate === 'unknown');
  const head = `${transport} ${portsText(flat)} over ${families}: ${reach === 'unknown' ? 'not known' : reach}`;
  return [
    head,
    ...open.flatMap(({ fate, from, devices, conditions, decisions, translated }) => {
      const facts = [
        `${fate} from ${listOf(from).replace(EVERYBODY, 'anyone')}`,
        ...(devices === undefined ? [] : [`on ${devices.join(', ')}`]),
        ...conditions,
        ...(translated === undefined ? [] : [`handed on to ${translated}`]),
      ];
      return [`  ${facts.join(', ')}`, ...decisions.map((made) => `    ${decisionText(made)}`)];
    }),
  ];
}

/** Prints what rules let in. */
export async function showCommand(
  files: readonly string[],
  options: FirewallOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = await chooseLayers(files, terminal, options.kind);
  const found = shown(chosen);
  const end = isPartlyRead(chosen.layers) ? EXIT.partial : EXIT.fine;
  if (options.json === true) {
    await write(terminal.out, json({ schema: 'postern.firewall-show/1', classes: found }));
    return end;
  }
  const lines =
    found.length === 0
      ? ['nothing is let in']
      : joinFamilies(found).flatMap(([families, one]) => shownLines(families, one));
  await write(terminal.out, `${lines.join('\n')}\n`);
  return end;
}

function sideText(name: string, { fate, decisions }: Side): readonly string[] {
  return [`  ${name}: ${fate}`, ...decisions.map((made) => `    ${decisionText(made)}`)];
}

/** Sources in words: `anyone`, some blocks, or `anyone but` some where these are fewer. */
function sourcesText(family: Family, source: Ranges<bigint>): string {
  const blocks = blocksOf(family, source);
  const rest = blocksOf(family, difference(everySource(family), source));
  if (blocks.length > NAMED && rest.length <= NAMED) return `anyone but ${rest.join(', ')}`;
  return listOf(blocks).replace(EVERYBODY, 'anyone');
}

/** Nothing where the files name no device. */
function devicesText(devices: readonly string[]): string {
  return devices.join() === OTHER_DEVICE ? '' : ` on ${listOf(devices)}`;
}

function differenceLines(
  { transport, family, ports, source, inDevice, a, b }: Difference,
  names: readonly [string, string],
): readonly string[] {
  const head = `${transport} ${portsText(ports)} over IPv${family} from ${sourcesText(family, source)}${devicesText(inDevice)}`;
  return [head, ...sideText(names[0], a), ...sideText(names[1], b)];
}

function differenceJson({ source, destination, sourcePort, ports, ...rest }: Difference): unknown {
  return {
    ...rest,
    ports: pairsOf(ports, 1),
    from: cidrsOf(rest.family, source),
    to: cidrsOf(rest.family, destination),
    sourcePorts: pairsOf(sourcePort, 1),
  };
}

/** Prints where two firewalls disagree; exit 1 when they do. */
export async function compareCommand(
  files: readonly [string, string],
  options: FirewallOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const a = await chooseLayers([files[0]], terminal);
  const b = await chooseLayers([files[1]], terminal);
  const { machine } = a.machine.devices.length > 0 ? a : b;
  const found = compare(a.layers, b.layers, machine);
  const unknown = unknownInBoth(a.layers, b.layers, machine);
  const partly = unknown.length > 0 || isPartlyRead([...a.layers, ...b.layers]);
  if (options.json === true) {
    const document = {
      schema: 'postern.firewall-compare/1',
      differences: found.map(differenceJson),
      unknown,
    };
    await write(terminal.out, json(document));
  } else {
    const lines = found.flatMap((one) => differenceLines(one, files));
    const known = partly ? 'as far as both are known, ' : '';
    const text = found.length === 0 ? [`${known}the two let the same connections in`] : lines;
    const rest = unknown.map((one) => `not known in either: ${one}`);
    await write(terminal.out, `${[...text, ...rest].join('\n')}\n`);
  }
  if (found.length > 0) return EXIT.findings;
  return partly ? EXIT.partial : EXIT.fine;
}

async function writeInto(folder: string, files: readonly FileWrite[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const { path, text } of files) await writeFile(join(folder, basename(path)), text);
  } catch (error) {
    throw problem('OUTPUT_FILE', { value: folder, problem: messageOf(error) }, error);
  }
}

/** Writes what one firewall lets in for another kind; says what could not be carried over. */
export async function convertCommand(
  file: string,
  options: FirewallOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { layers, machine } = await chooseLayers([file], terminal, options.kind);
  const { to = 'nftables' } = options;
  const { intent, lost } = writableIn(to, intentOf(layers, machine));
  const files = kindNamed(to).write(intent);
  for (const sentence of lost) terminal.err.write(`not carried over: ${sentence}\n`);
  if (options.json === true) {
    await write(terminal.out, json({ schema: 'postern.firewall-convert/1', intent, lost, files }));
  } else if (options.output === undefined) {
    const pieces = files.map(({ path, text }) =>
      files.length === 1 ? text : `# ${path}\n${text}`,
    );
    await write(terminal.out, pieces.join('\n'));
  } else {
    await writeInto(options.output, files);
    for (const { path } of files)
      terminal.err.write(`wrote ${join(options.output, basename(path))}\n`);
  }
  return lost.length === 0 ? EXIT.fine : EXIT.partial;
}

/** Prints what is wrong with rules. */
export async function lintCommand(
  files: readonly string[],
  options: FirewallOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { layers, machine } = await chooseLayers(files, terminal, options.kind);
  const policy = await choosePolicy(await readPolicy(options));
  const flaws = judgeFlaws(lintLayers({ layers, machine, sensitive: SENSITIVE }), policy);
  if (options.json === true) {
    await write(terminal.out, json({ schema: 'postern.firewall-lint/1', flaws }));
  } else {
    const width = terminal.out.columns ?? 80;
    const color = wantsColor(terminal.out, process.env);
    const partly = isPartlyRead(layers);
    for (const piece of lintTable(flaws, partly, { width, color })) {
      await write(terminal.out, piece);
    }
  }
  const { failOn = 'high' } = options;
  const fails =
    failOn !== 'never' && flaws.some(({ severity }) => compareSeverity(severity, failOn) >= 0);
  if (fails) return EXIT.findings;
  return isPartlyRead(layers) ? EXIT.partial : EXIT.fine;
}
