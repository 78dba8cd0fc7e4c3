import { ownValue } from '../../../model/own-value.ts';
import { isList, isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';

/** Elements of a set that a rule's text shows; the rest is counted. */
const MOST_SHOWN = 32;

/** A rule as nft writes it, on one line; what has no known form stays JSON. */
export function printRule(statements: readonly Json[]): string {
  return statements.map(printStatement).join(' ');
}

export function printMatch(match: JsonObject): string {
  const left = match['left'] ?? null;
  const right = match['right'] ?? null;
  const op = textAt(match, 'op') ?? '==';
  const [kind, operands] = only(left) ?? [];
  const masked = kind === '&' ? listed(operands) : [];
  if (typeof right === 'boolean') {
    return `${printExpression(left)} ${right ? 'exists' : 'missing'}`;
  }
  const [of, mask] = masked;
  if (of !== undefined && mask !== undefined && (isList(mask) || isList(right)) && isTcpFlags(of)) {
    return `${printExpression(of)} ${op === '!=' ? '!= ' : ''}${printExpression(right)} / ${printExpression(mask)}`;
  }
  const shown = op === 'in' || (op === '==' && !isTcpFlags(left) && kind !== '&') ? '' : `${op} `;
  return `${printExpression(left)} ${shown}${printExpression(right)}`;
}

function isTcpFlags(expression: Json): boolean {
  const [kind, value] = only(expression) ?? [];
  return kind === 'payload' && isObject(value) && value['field'] === 'flags';
}

const FIXED: Readonly<Record<string, string>> = {
  accept: 'accept',
  drop: 'drop',
  continue: 'continue',
  return: 'return',
  notrack: 'notrack',
};

function printStatement(statement: Json): string {
  const [kind, value] = only(statement) ?? [];
  if (kind === undefined || value === undefined) return JSON.stringify(statement);
  const fixed = ownValue(FIXED, kind);
  if (fixed !== undefined) return fixed;
  const printer = ownValue(PRINTERS, kind);
  return printer?.(value, kind) ?? `${kind} ${JSON.stringify(value)}`;
}

/** Undefined: the statement has a part that these do not know. */
const PRINTERS: Readonly<Record<string, (value: Json, kind: string) => string | undefined>> = {
  match: (value) => (isObject(value) ? printMatch(value) : undefined),
  jump: printJump,
  goto: printJump,
  counter: (value) => (typeof value === 'string' ? `counter name "${value}"` : 'counter'),
  log: printLog,
  limit: (value) => (isObject(value) ? printLimit(value) : `limit name ${printExpression(value)}`),
  quota: printQuota,
  'ct count': (value) =>
    isObject(value)
      ? `ct count ${value['inv'] === true ? 'over ' : ''}${partOf(value, 'val')}`
      : undefined,
  reject: printReject,
  dnat: printTranslation,
  snat: printTranslation,
  masquerade: printTranslation,
  redirect: printTranslation,
  mangle: (value) =>
    isObject(value) ? `${partOf(value, 'key')} set ${partOf(value, 'value')}` : undefined,
  vmap: (value) =>
    isObject(value) ? `${partOf(value, 'key')} vmap ${partOf(value, 'data')}` : undefined,
  set: printSetUpdate,
  xt: (value) =>
    isObject(value) ? `xt ${textAt(value, 'type')} "${textAt(value, 'name')}"` : 'xt',
  opaque: (value) => (typeof value === 'string' ? value : undefined),
};

function printJump(value: Json, kind: string): string | undefined {
  return isObject(value) ? `${kind} ${textAt(value, 'target')}` : undefined;
}

function printLog(value: Json): string {
  if (!isObject(value)) return 'log';
  const prefix = textAt(value, 'prefix');
  return prefix === undefined ? 'log' : `log prefix ${JSON.stringify(prefix)}`;
}

function printLimit(limit: JsonObject): string {
  return `limit rate ${limit['inv'] === true ? 'over ' : ''}${printRate(limit)}`;
}

/** `10 mbytes/minute`. */
export function printRate(limit: JsonObject): string {
  const unit = textAt(limit, 'rate_unit');
  const rate = `${partOf(limit, 'rate')}${unit === undefined ? '' : ` ${unit}`}`;
  return `${rate}/${textAt(limit, 'per') ?? 'second'}`;
}

function printQuota(value: Json): string {
  if (!isObject(value)) return `quota name ${printExpression(value)}`;
  const over = value['inv'] === true ? 'over ' : '';
  return `quota ${over}${partOf(value, 'val')} ${textAt(value, 'val_unit') ?? 'bytes'}`;
}

function printReject(value: Json): string {
  if (!isObject(value) || (value['type'] === 'icmpx' && value['expr'] === 'port-unreachable')) {
    return 'reject';
  }
  return ['reject with', textAt(value, 'type'), textAt(value, 'expr')].filter(Boolean).join(' ');
}

function printTranslation(value: Json, kind: string): string {
  if (!isObject(value)) return kind;
  const { addr, port } = value;
  const family = textAt(value, 'family');
  const flags = listed(value['flags']).filter((flag) => flag !== 'netmap');
  const target =
    addr === undefined && port === undefined
      ? []
      : ['to', `${printTarget(addr)}${port === undefined ? '' : `:${printExpression(port)}`}`];
  return [
    kind,
    ...(family === undefined ? [] : [family]),
    ...target,
    ...flags.map(printExpression),
  ].join(' ');
}

function printTarget(address: Json | undefined): string {
  if (address === undefined) return '';
  const text = printExpression(address);
  return typeof address === 'string' && address.includes(':') ? `[${text}]` : text;
}

function printSetUpdate(value: Json): string | undefined {
  if (!isObject(value)) return undefined;
  const inner = listed(value['stmt']).map((statement) => ` ${printStatement(statement)}`);
  const element = partOf(value, 'elem');
  return `${textAt(value, 'op')} ${textAt(value, 'set')} { ${element}${inner.join('')} }`;
}

export function printExpression(expression: Json): string {
  if (expression === null) return '';
  if (typeof expression === 'string') return quoted(expression);
  if (typeof expression !== 'object') return String(expression);
  if (isList(expression)) return printElements(expression);
  const [kind, value] = only(expression) ?? [];
  if (kind === undefined || value === undefined) return JSON.stringify(expression);
  const printer = ownValue(EXPRESSIONS, kind);
  return printer?.(value, kind) ?? JSON.stringify(expression);
}

function partOf(object: JsonObject, key: string): string {
  return printExpression(object[key] ?? null);
}

/** Names of devices and the like may hold what nft takes for something else. */
function quoted(text: string): string {
  return /^[\w.:@/*+-]*$/.test(text) ? text : JSON.stringify(text);
}

/** In a list of flags, or as the pair of an element and what it maps to. */
function printElements(list: readonly Json[]): string {
  return list.map(printExpression).join(',');
}

function printBinary(value: Json, kind: string): string {
  return listed(value)
    .map((operand) =>
      isList(operand) ? `(${operand.map(printExpression).join('|')})` : printExpression(operand),
    )
    .join(` ${kind} `);
}

const EXPRESSIONS: Readonly<Record<string, (value: Json, kind: string) => string | undefined>> = {
  payload: (value) =>
    isObject(value)
      ? value['base'] === undefined
        ? `${textAt(value, 'protocol')} ${textAt(value, 'field')}`
        : `@${partOf(value, 'base')},${partOf(value, 'offset')},${partOf(value, 'len')}`
      : undefined,
  meta: (value) => (isObject(value) ? printMeta(textAt(value, 'key') ?? '') : undefined),
  ct: (value) =>
    isObject(value)
      ? ['ct', textAt(value, 'dir'), textAt(value, 'key')].filter(Boolean).join(' ')
      : undefined,
  fib: (value) =>
    isObject(value)
      ? `fib ${listed(value['flags']).map(printExpression).join(' . ')} ${textAt(value, 'result')}`
      : undefined,
  exthdr: (value) => (isObject(value) ? printHeader('exthdr', value) : undefined),
  'ip option': (value, kind) => (isObject(value) ? printHeader(kind, value) : undefined),
  'tcp option': (value, kind) => (isObject(value) ? printHeader(kind, value) : undefined),
  socket: (value) => (isObject(value) ? `socket ${textAt(value, 'key')}` : undefined),
  numgen: (value) =>
    isObject(value) ? `numgen ${textAt(value, 'mode')} mod ${partOf(value, 'mod')}` : undefined,
  prefix: (value) =>
    isObject(value) ? `${textAt(value, 'addr')}/${partOf(value, 'len')}` : undefined,
  range: (value) => listed(value).map(printExpression).join('-'),
  concat: (value) => listed(value).map(printExpression).join(' . '),
  set: (value) => printSet(listed(value)),
  map: (value) =>
    isObject(value) ? `${partOf(value, 'key')} map ${partOf(value, 'data')}` : undefined,
  elem: (value) => (isObject(value) ? partOf(value, 'val') : undefined),
  accept: () => 'accept',
  drop: () => 'drop',
  continue: () => 'continue',
  return: () => 'return',
  jump: printJump,
  goto: printJump,
  '&': printBinary,
  '|': printBinary,
  '^': printBinary,
  '<<': printBinary,
  '>>': printBinary,
};

/** `tcp option maxseg size`, `exthdr frag`. */
function printHeader(kind: string, header: JsonObject): string {
  return [kind, textAt(header, 'name'), textAt(header, 'field')].filter(Boolean).join(' ');
}

const BARE_META = new Set(['iif', 'iifname', 'oif', 'oifname', 'iifgroup', 'oifgroup']);

function printMeta(key: string): string {
  return BARE_META.has(key) ? key : `meta ${key}`;
}

function printSet(elements: readonly Json[]): string {
  const shown = elements.slice(0, MOST_SHOWN).map((element) => {
    if (isList(element)) return element.map(printExpression).join(' : ');
    return printExpression(element);
  });
  const more = elements.length - shown.length;
  return `{ ${[...shown, ...(more > 0 ? [`… ${more} more`] : [])].join(', ')} }`;
}
