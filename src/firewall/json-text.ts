import { messageOf } from '../model/errors.ts';
import { lineAt, quote, syntaxFault } from './fault.ts';
import type { Source } from './kind.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonRecord;
export interface JsonRecord {
  readonly [key: string]: Json | undefined;
}

/** Reads a JSON text; throws FIREWALL_SYNTAX with the line for one that is none, or is cut short. */
export function readJson(kind: string, source: Source): Json {
  // Windows PowerShell writes a byte order mark in front of what it saves
  const text = source.text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(text) as Json;
  } catch (thrown) {
    const message = messageOf(thrown);
    const position = /position (\d+)/.exec(message)?.[1];
    const line = lineAt(text, position === undefined ? text.length : Number(position));
    throw syntaxFault(kind, source, line, message);
  }
}

export function isRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads values by their shape and says where a wrong one stands. */
export interface Shapes {
  record(value: Json | undefined, where: string): JsonRecord;
  /** A list; absent and null count as empty. */
  list(value: Json | undefined, where: string): readonly Json[];
  /** Text, or undefined when absent or null. */
  text(value: Json | undefined, where: string): string | undefined;
  /** A whole number, or undefined when absent or null. */
  number(value: Json | undefined, where: string): number | undefined;
}

export function shapesOf(kind: string, source: Source): Shapes {
  const wrong = (where: string, expected: string, value: Json | undefined) =>
    syntaxFault(
      kind,
      source,
      1,
      `${where} is ${quote(JSON.stringify(value) ?? 'absent')}, not ${expected}`,
    );
  return {
    record(value, where) {
      if (!isRecord(value)) throw wrong(where, 'an object', value);
      return value;
    },
    list(value, where) {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) throw wrong(where, 'a list', value);
      return value;
    },
    text(value, where) {
      if (value === undefined || value === null) return undefined;
      if (typeof value !== 'string') throw wrong(where, 'text', value);
      return value;
    },
    number(value, where) {
      if (value === undefined || value === null) return undefined;
      if (typeof value !== 'number' || !Number.isInteger(value))
        throw wrong(where, 'a whole number', value);
      return value;
    },
  };
}
