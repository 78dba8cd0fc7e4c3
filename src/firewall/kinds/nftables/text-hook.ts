import { ownValue } from '../../../model/own-value.ts';
import { isObject, type Json, type JsonObject, listed } from './json.ts';
import type { Reader } from './reader.ts';
import { readElements, readTuple, valueOfWord } from './text-value.ts';
import { BRIDGE_PRIORITIES, PRIORITIES } from './words.ts';

/** `type filter hook input device "eth0" priority filter - 10`, after `type`. */
export function readHook(reader: Reader, family: string): JsonObject {
  const type = reader.name();
  reader.expect('hook');
  const hook = reader.name();
  const devices = reader.accept('device', 'devices') ? readDevicesAfter(reader) : [];
  reader.expect('priority');
  const prio = readPriority(reader, family);
  return { type, hook, prio, ...(devices.length > 0 ? { dev: devices } : {}) };
}

function readDevicesAfter(reader: Reader): readonly Json[] {
  reader.accept('=');
  return readDevices(reader);
}

export function readDevices(reader: Reader): readonly Json[] {
  if (reader.sees('{')) return readElements(reader);
  const value = readTuple(reader);
  return isObject(value) && 'set' in value ? listed(value['set']) : [value];
}

/** `filter - 10`, `-150`, `$PRIO`. */
function readPriority(reader: Reader, family: string): number {
  const base = priorityOf(valueOfWord(reader.name(), reader), family);
  if (base === undefined) throw reader.broken('a priority was expected');
  const sign = reader.accept('-') ? -1 : 1;
  if (sign === 1 && !reader.accept('+')) {
    return /^[+-]\d+$/.test(reader.peek().text) ? base + Number(reader.name()) : base;
  }
  const offset = Number(reader.name());
  if (!Number.isInteger(offset)) throw reader.broken('a number was expected');
  return base + sign * offset;
}

function priorityOf(value: Json, family: string): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (/^-\d+$/.test(value)) return Number(value);
  const names = family === 'bridge' ? BRIDGE_PRIORITIES : PRIORITIES;
  return ownValue(names, value);
}
