import { decisionText, explain, explainLines } from '../../firewall/explain.ts';
import { FAMILIES, type Family, type Layer } from '../../firewall/layer.ts';
import type { Question } from '../../firewall/packet.ts';
import { everyPort, reachability } from '../../firewall/reach.ts';
import { problem } from '../../model/errors.ts';
import type { Machine } from '../../model/machine.ts';
import { type Network, readNetwork } from '../../model/network.ts';
import type { Transport } from '../../model/port.ts';
import type { Reachability, ReachPart } from '../../model/reachability.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { ExplainOptions } from '../inside-program.ts';
import { chooseLayers, isPartlyRead } from '../layers.ts';
import { type Terminal, write } from '../terminal.ts';

/** Blocks of sources that are named before the rest is counted. */
const SOURCES_NAMED = 6;

const REACH_WORDS: Readonly<Record<Reachability['reach'], string>> = {
  anyone: 'anyone gets in',
  networks: 'some get in',
  devices: 'those behind some devices get in',
  nobody: 'nobody gets in',
  unknown: 'who gets in is not known',
};

function sourcesText(from: readonly string[], isRest: boolean): string {
  const more = from.length - SOURCES_NAMED;
  const named = from.slice(0, SOURCES_NAMED).join(', ');
  if (more > 0) return isRest ? 'everybody else' : `${named} and ${more} more`;
  return /^(?:0\.0\.0\.0|::)\/0$/.test(named) ? 'anyone' : named;
}

function partLines(part: ReachPart, _at: number, parts: readonly ReachPart[]): string[] {
  const { fate, from, devices, conditions, decisions, translated } = part;
  const isLong = (one: ReachPart) => one.from.length > SOURCES_NAMED;
  // the parts are all sources there are: the only long one is what the others leave
  const isRest = parts.length > 1 && parts.filter(isLong).length === 1;
  const facts = [
    sourcesText(from, isRest),
    ...(devices === undefined ? [] : [`on ${devices.join(', ')}`]),
    ...conditions,
    ...(translated === undefined ? [] : [`handed on to ${translated}`]),
  ];
  return [
    `  ${fate}: from ${facts.join(', ')}`,
    ...decisions.map((made) => `    ${decisionText(made)}`),
  ];
}

function readFrom(text: string): Network {
  const network = readNetwork(text);
  if (network !== null) return network;
  throw problem('EXPLAIN_FROM', { value: text });
}

interface Asked {
  readonly layers: readonly Layer[];
  readonly machine: Machine;
  readonly transport: Transport;
  readonly port: number;
  readonly device: string | undefined;
}

function questionOf({ layers, machine, transport, port, device }: Asked, from: Network): Question {
  const all = everyPort(layers, machine, transport, from.family);
  return {
    ...all,
    source: [from.first, from.last + 1n],
    destinationPort: [port, port + 1],
    inDevice: device === undefined ? all.inDevice : [device],
  };
}

function reachOf(
  { layers, machine, transport, port, device }: Asked,
  family: Family,
): Reachability {
  const question = { family, transport, port, ...(device !== undefined && { device }) };
  return reachability(layers, question, machine);
}

async function tellReach(asked: Asked, options: ExplainOptions, terminal: Terminal): Promise<void> {
  const found = FAMILIES.map((family) => reachOf(asked, family));
  if (options.json === true) {
    return write(
      terminal.out,
      `${JSON.stringify({ schema: 'postern.explain/1', reachability: found }, null, 2)}\n`,
    );
  }
  const lines = found.flatMap(({ family, reach, parts }) => [
    `${asked.transport} port ${asked.port} over IPv${family}: ${REACH_WORDS[reach]}`,
    ...parts.flatMap(partLines),
  ]);
  await write(terminal.out, `${lines.join('\n')}\n`);
}

async function tellWay(
  asked: Asked,
  from: Network,
  options: ExplainOptions,
  terminal: Terminal,
): Promise<void> {
  const question = questionOf(asked, from);
  const explanation = explain(asked.layers, question, asked.machine);
  if (options.json === true) {
    const fates = explanation.parts.map(({ fate, inDevice, conditions, decisions }) => ({
      ...{ fate, devices: inDevice, conditions, decisions },
    }));
    const document = { schema: 'postern.explain/1', steps: explanation.steps, fates };
    return write(terminal.out, `${JSON.stringify(document, null, 2)}\n`);
  }
  await write(
    terminal.out,
    `${explainLines(explanation, question, options.verbose === true).join('\n')}\n`,
  );
}

/** Says who gets in to a port, or walks a packet to it rule by rule. */
export async function explainCommand(
  port: number,
  options: ExplainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const from = options.from === undefined ? undefined : readFrom(options.from);
  const { layers, machine } = await chooseLayers(options.firewall ?? [], terminal);
  const transport = options.udp === true ? 'udp' : 'tcp';
  const asked = { layers, machine, transport, port, device: options.device } as const;
  if (layers.length === 0) terminal.err.write('note: no firewall rules were found\n');
  if (from === undefined) await tellReach(asked, options, terminal);
  else await tellWay(asked, from, options, terminal);
  return isPartlyRead(layers) ? EXIT.partial : EXIT.fine;
}
