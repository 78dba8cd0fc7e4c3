import type { NumberField, Test } from './layer.ts';
import { type Ranges, rangesOf } from './ranges.ts';

export const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

/** Holds for any of these IANA protocol numbers. */
export function protocolTest(...numbers: readonly number[]): Test {
  return { test: 'number', field: 'protocol', in: singles(numbers) };
}

export function numberTest(field: NumberField, values: Ranges<number>): Test {
  return values.length === 0 ? { test: 'never' } : { test: 'number', field, in: values };
}

export function opaqueTest(text: string): Test {
  return { test: 'opaque', text };
}

export const ESTABLISHED: Test = { test: 'name', field: 'state', in: ['established', 'related'] };

export function singles(numbers: readonly number[]): Ranges<number> {
  return rangesOf(
    numbers.map((number) => [number, number] as const),
    1,
  );
}

/** A decimal number from 0 to `most`; null for any other text. */
export function readNumber(text: string, most: number): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number > most ? null : number;
}

export const MAX_PORT = 65_535;
