import type { Family } from '../../layer.ts';
import type { Peer, RichAction, RichElement, RichRule } from './config.ts';
import type { Element } from './xml.ts';

/** A word of a rich rule with the attributes that follow it. */
interface Part {
  readonly word: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly limit?: string;
}

const ACTIONS = ['accept', 'reject', 'drop', 'mark'] as const;
const ELEMENTS = [
  'service',
  'port',
  'protocol',
  'icmp-block',
  'icmp-type',
  'masquerade',
  'forward-port',
  'source-port',
  'tcp-mss-clamp',
] as const;
const OTHER = ['source', 'destination', 'log', 'nflog', 'audit'];
const KNOWN: readonly string[] = ['rule', ...OTHER, ...ELEMENTS, ...ACTIONS];

/** Reads `rule family="ipv4" source address="10.0.0.0/8" port port="22" protocol="tcp" accept`; undefined when it is none. */
export function readRichText(text: string): RichRule | undefined {
  const parts = partsOfText(text);
  return parts === undefined ? undefined : ruleOf(parts, text.trim());
}

/** Reads a `<rule>` of a zone or policy file; undefined for one that firewalld would not take. */
export function readRichElement(rule: Element): RichRule | undefined {
  const parts = [
    { word: 'rule', attributes: rule.attributes },
    ...rule.children.map(({ name, attributes, children }) => {
      const limit = children.find((child) => child.name === 'limit')?.attributes['value'];
      return { word: name, attributes, ...(limit !== undefined && { limit }) };
    }),
  ];
  return ruleOf(parts, richText(parts));
}

function partsOfText(text: string): Part[] | undefined {
  const parts: { word: string; attributes: Record<string, string>; limit?: string }[] = [];
  let inLimit = false;
  for (const token of tokensOf(text)) {
    const part = parts.at(-1);
    if (token.value !== undefined) {
      if (part === undefined) return undefined;
      if (inLimit && token.name === 'value') part.limit = token.value;
      else part.attributes[token.name] = token.value;
      inLimit = false;
    } else if (part !== undefined && token.name.toLowerCase() === 'not') {
      part.attributes['invert'] = 'true';
    } else if (part !== undefined && token.name === 'limit') {
      inLimit = true;
    } else {
      parts.push({ word: token.name, attributes: {} });
    }
  }
  return parts;
}

function tokensOf(text: string): { name: string; value?: string }[] {
  const pattern = /([^\s="']+)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"']*)))?|\S/g;
  return [...text.matchAll(pattern)].map(([all, name, double, single, bare]) => {
    const value = double ?? single ?? bare;
    return { name: name ?? all, ...(value !== undefined && { value }) };
  });
}

function richText(parts: readonly Part[]): string {
  const words = parts.flatMap(({ word, attributes, limit }) => {
    const { invert, ...rest } = attributes;
    const pairs = Object.entries(rest).map(([name, value]) => `${name}="${value}"`);
    const rate = limit === undefined ? [] : [`limit value="${limit}"`];
    return [word, ...(isTrue(invert) ? ['NOT'] : []), ...pairs, ...rate];
  });
  return words.join(' ');
}

function ruleOf(parts: readonly Part[], text: string): RichRule | undefined {
  const [head, ...rest] = parts;
  if (head?.word !== 'rule' || rest.some(({ word }) => word === 'rule')) return undefined;
  if (rest.some(({ word }) => !KNOWN.includes(word))) return undefined;
  if (hasTwice(rest)) return undefined;
  const family = familyOf(head.attributes['family']);
  const priority = Number(head.attributes['priority'] ?? 0);
  if (family === null || !Number.isInteger(priority)) return undefined;
  const source = peerOf(rest.find(({ word }) => word === 'source'));
  const destination = peerOf(rest.find(({ word }) => word === 'destination'));
  const element = elementOf(rest);
  const action = actionOf(rest);
  if (source === null || destination === null || element === null || action === null) {
    return undefined;
  }
  return {
    text,
    priority,
    ...(family !== undefined && { family }),
    ...(source && { source }),
    ...(destination && { destination }),
    ...(element && { element }),
    ...(action && { action }),
  };
}

/** Two sources, elements or actions: firewalld refuses the rule. */
function hasTwice(parts: readonly Part[]): boolean {
  const groups: (readonly string[])[] = [['source'], ['destination'], ELEMENTS, ACTIONS];
  return groups.some((group) => parts.filter(({ word }) => group.includes(word)).length > 1);
}

function familyOf(text: string | undefined): Family | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'ipv4') return 4;
  return text === 'ipv6' ? 6 : null;
}

/** null: there is one, and it is not understood. */
function peerOf(part: Part | undefined): Peer | null | undefined {
  if (part === undefined) return undefined;
  const { address, mac, ipset, invert } = part.attributes;
  const given = [address, mac, ipset].filter((one) => one !== undefined);
  if (given.length !== 1) return null;
  return {
    not: isTrue(invert),
    ...(address !== undefined && { address }),
    ...(mac !== undefined && { mac }),
    ...(ipset !== undefined && { ipset }),
  };
}

function isTrue(text: string | undefined): boolean {
  return ['yes', 'true'].includes(text?.toLowerCase() ?? '');
}

function elementOf(parts: readonly Part[]): RichElement | null | undefined {
  for (const is of ELEMENTS) {
    const part = parts.find(({ word }) => word === is);
    if (part === undefined) continue;
    const { name, value, port, protocol } = part.attributes;
    switch (is) {
      case 'service':
      case 'icmp-block':
      case 'icmp-type':
        return name === undefined ? null : { is, name };
      case 'protocol':
        return value === undefined ? null : { is, value };
      case 'port':
      case 'source-port':
        return port === undefined || protocol === undefined ? null : { is, port, protocol };
      case 'forward-port':
        return forwardOf(part);
      case 'masquerade':
      case 'tcp-mss-clamp':
        return { is };
    }
  }
  return undefined;
}

function forwardOf({ attributes }: Part): RichElement | null {
  const { port, protocol } = attributes;
  const toPort = attributes['to-port'];
  const toAddress = attributes['to-addr'];
  if (port === undefined || protocol === undefined) return null;
  return {
    is: 'forward-port',
    port,
    protocol,
    ...(toPort && { toPort }),
    ...(toAddress && { toAddress }),
  };
}

function actionOf(parts: readonly Part[]): RichAction | null | undefined {
  for (const verb of ACTIONS) {
    const part = parts.find(({ word }) => word === verb);
    if (part === undefined) continue;
    const set = part.attributes['set'];
    if (verb === 'mark' && set === undefined) return null;
    return {
      do: verb,
      ...(part.limit !== undefined && { limit: part.limit }),
      ...(set !== undefined && { set }),
    };
  }
  return undefined;
}
