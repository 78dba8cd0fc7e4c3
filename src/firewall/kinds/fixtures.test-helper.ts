import { readFileSync } from 'node:fs';
import type { Transport } from '../../model/port.ts';
import { readAddresses } from '../both-families.ts';
import { evaluate } from '../evaluate.ts';
import { MACHINE, questionOf } from '../intent.test-helper.ts';
import type { Kind, Source } from '../kind.ts';
import type { Family, Layer } from '../layer.ts';
import type { AnswerPart } from '../packet.ts';

const FOLDER = new URL('../../../test/fixtures/firewall/', import.meta.url);

export function fixture(kind: Kind, name: string): Source {
  return { origin: name, text: readFileSync(new URL(`${kind.name}/${name}`, FOLDER), 'utf8') };
}

export function readFixture(kind: Kind, names: readonly string[], role: Layer['role'] = 'live') {
  return kind.read(
    names.map((name) => fixture(kind, name)),
    role,
  );
}

export function parse(kind: Kind, text: string, role: Layer['role'] = 'live'): Layer {
  return kind.read([{ origin: 'text', text }], role);
}

export interface Ask {
  readonly source?: string;
  readonly destination?: string;
  readonly device?: string;
  readonly transport?: Transport;
}

/** What becomes of one packet to a port: its fate, and how it was translated. */
export function answer(layer: Layer, port: number, ask: Ask = {}): AnswerPart {
  const { source = '8.8.8.8', device = 'em0', transport = 'tcp', destination } = ask;
  const family: Family = source.includes(':') ? 6 : 4;
  const question = questionOf({ family, transport, source, port, device });
  const to = destination === undefined ? undefined : readAddresses([destination])?.[family];
  const parts = evaluate([layer], to ? { ...question, destination: to } : question, MACHINE);
  const [only, ...more] = parts;
  if (only === undefined || more.length > 0)
    throw new Error(`${parts.length} parts for one packet`);
  return only;
}

export function fate(layer: Layer, port: number, ask: Ask = {}): string {
  return answer(layer, port, ask).fate;
}
