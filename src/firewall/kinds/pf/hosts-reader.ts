import { readNetwork } from '../../../model/network.ts';
import type { Cursor } from './cursor.ts';
import type { DeviceItem, HostItem, PortItem, Target } from './statements.ts';

export function readDevices(cursor: Cursor): readonly DeviceItem[] {
  return cursor.list(() => {
    const not = cursor.take('!');
    return { not, name: cursor.word('a network device') };
  });
}

/** `10/8` and `192.168/16` leave out zeros at the end (pf.conf(5), TABLES). */
function wholeAddress(text: string, prefix: string | undefined): string {
  if (prefix === undefined || !/^\d{1,3}(?:\.\d{1,3}){0,2}$/.test(text)) return text;
  return [...text.split('.'), '0', '0', '0'].slice(0, 4).join('.');
}

const OTHERS = new Set(['no-route', 'urpf-failed', 'route']);

function hostOf(word: string, prefix: string | undefined): HostItem['host'] {
  if (word === 'any') return { is: 'any' };
  if (word === 'self') return { is: 'self' };
  const address = wholeAddress(word, prefix);
  const text = prefix === undefined ? address : `${address}/${prefix}`;
  if (readNetwork(text) !== null) return { is: 'addresses', text };
  if (OTHERS.has(word)) return { is: 'other', text };
  return /^[A-Za-z][\w.]*\d*(?::[\w:]+)?$/.test(word) && !/\.[A-Za-z]{2,}$/.test(word)
    ? { is: 'device', text: word }
    : { is: 'other', text };
}

function readHost(cursor: Cursor): HostItem {
  const not = cursor.take('!');
  if (cursor.take('<')) {
    const name = cursor.word('the name of a table');
    // pfctl adds the number of entries: <bruteforce:3>
    cursor.need('>');
    return { not, host: { is: 'table', name: name.replace(/:\d+$/, '') } };
  }
  if (cursor.take('(')) {
    const text = cursor.word('a network device');
    cursor.need(')');
    if (cursor.take('/')) cursor.word('a prefix length');
    return { not, host: { is: 'device', text } };
  }
  const word = cursor.word('an address');
  const prefix = cursor.take('/') ? cursor.word('a prefix length') : undefined;
  // a range, `10.0.0.1 - 10.0.0.9`
  if (prefix === undefined && cursor.take('-')) {
    const last = cursor.word('the end of a range');
    return { not, host: hostOf(`${word}-${last}`, undefined) };
  }
  if (word === 'route')
    return { not, host: { is: 'other', text: `route ${cursor.word('a label')}` } };
  return { not, host: hostOf(word, prefix) };
}

export function readHosts(cursor: Cursor): readonly HostItem[] {
  return cursor.list(() => readHost(cursor));
}

const OPERATORS = ['=', '!=', '<', '<=', '>', '>='];
const BINARY = ['<>', '><', ':'];

function readPort(cursor: Cursor): PortItem {
  const operator = OPERATORS.find((sign) => cursor.take(sign));
  const word = cursor.word('a port');
  if (operator !== undefined) return { operator, first: word };
  const binary = BINARY.find((sign) => cursor.take(sign));
  if (binary !== undefined) return { operator: binary, first: word, last: cursor.word('a port') };
  const [first = word, last, ...more] = word.split(':');
  if (last === undefined || more.length > 0) return { operator: '=', first: word };
  // lists are words to the lexer: `1024:` may stand apart from its end
  return { operator: ':', first, last: last === '' ? cursor.word('a port') : last };
}

export function readPorts(cursor: Cursor): readonly PortItem[] {
  return cursor.list(() => readPort(cursor));
}

/** Where a translation goes: `{ 10.0.0.1, 10.0.0.2 } port 8080`. */
export function readTarget(cursor: Cursor): Target {
  const hosts = readHosts(cursor);
  return cursor.take('port') ? { hosts, port: cursor.word('a port') } : { hosts };
}
