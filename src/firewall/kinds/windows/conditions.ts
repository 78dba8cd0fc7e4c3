import { readNetwork } from '../../../model/network.ts';
import { ownValue } from '../../../model/own-value.ts';
import {
  addressSteps,
  type BothFamilies,
  isNobody,
  joinedAll,
  NO_ADDRESS,
  ofNetworks,
  readAddresses,
} from '../../both-families.ts';
import type { AddressField, NumberField, Test } from '../../layer.ts';
import { prefixOfMask } from '../../masks.ts';
import { rangesOf } from '../../ranges.ts';
import { MAX_PORT, numberTest, PROTOCOLS, protocolTest, readNumber } from '../../steps.ts';
import { ALWAYS, allOf, opaqueWay, type Ways } from '../../ways.ts';
import type { WindowsDocument, WindowsList, WindowsRule, WindowsWord } from './document.ts';

/** Keywords for ports of one protocol that never move (New-NetFirewallRule, -LocalPort). */
const FIXED_PORTS: Readonly<Record<string, number>> = {
  RPCEPMap: 135,
  IPHTTPSIn: 443,
  IPHTTPS: 443,
  mDNS: 5353,
};

function isAny(texts: readonly string[]): boolean {
  return texts.length === 0 || texts.some((text) => text === '' || text === 'Any');
}

function readPorts(text: string): readonly [number, number] | null {
  const fixed = ownValue(FIXED_PORTS, text);
  if (fixed !== undefined) return [fixed, fixed];
  const [first = '', last = first, ...more] = text.split('-');
  const from = readNumber(first, MAX_PORT);
  const to = readNumber(last, MAX_PORT);
  return from === null || to === null || more.length > 0 ? null : [from, to];
}

function portWays(field: NumberField, key: string, texts: readonly string[]): Ways {
  if (isAny(texts)) return ALWAYS;
  const known: (readonly [number, number])[] = [];
  const ways: (readonly Test[])[] = [];
  for (const text of texts) {
    const ports = readPorts(text);
    if (ports === null) ways.push(opaqueWay(key, text));
    else known.push(ports);
  }
  if (known.length > 0) ways.unshift([numberTest(field, rangesOf(known, 1))]);
  return ways;
}

/** `8`, `3:4`, `8:*`, `8:Any`; null for what it cannot be. */
function icmpTests(text: string): readonly Test[] | null {
  const [typeText = '', codeText = '*', ...more] = text.split(':');
  const type = readNumber(typeText, 255);
  if (type === null || more.length > 0) return null;
  const typeTest = numberTest('icmp-type', [type, type + 1]);
  if (codeText === '*' || codeText === 'Any') return [typeTest];
  const code = readNumber(codeText, 255);
  return code === null ? null : [typeTest, numberTest('icmp-code', [code, code + 1])];
}

function icmpWays(texts: readonly string[]): Ways {
  if (isAny(texts)) return ALWAYS;
  return texts.map((text) => icmpTests(text) ?? opaqueWay('icmp-type', text));
}

function readSubnet(text: string): BothFamilies | null {
  const [address = '', mask, ...more] = text.split('/');
  if (mask === undefined || !mask.includes('.') || more.length > 0) return readAddresses([text]);
  const prefix = prefixOfMask(mask);
  return prefix === null ? null : readAddresses([`${address}/${prefix}`]);
}

function localSubnet(text: string, { subnets }: WindowsDocument): BothFamilies | null {
  const [, digit] = /^LocalSubnet([46])?$/.exec(text) ?? [];
  if (!text.startsWith('LocalSubnet') || subnets.length === 0) return null;
  const networks = subnets.flatMap((subnet) => readNetwork(subnet) ?? []);
  const both = ofNetworks(networks);
  if (digit === undefined) return text === 'LocalSubnet' ? both : null;
  return digit === '4' ? { ...NO_ADDRESS, 4: both[4] } : { ...NO_ADDRESS, 6: both[6] };
}

function addressWays(
  field: AddressField,
  key: string,
  texts: readonly string[],
  document: WindowsDocument,
): Ways {
  if (isAny(texts)) return ALWAYS;
  const sets: BothFamilies[] = [];
  const ways: (readonly Test[])[] = [];
  for (const text of texts) {
    const addresses = localSubnet(text, document) ?? readSubnet(text);
    if (addresses === null) ways.push(opaqueWay(key, text));
    else sets.push(addresses);
  }
  const known = joinedAll(sets);
  return isNobody(known) ? ways : [addressSteps(field, known), ...ways];
}

/** Names, or patterns; only a `*` at the end says the same in our model. */
function deviceWays(texts: readonly string[]): Ways {
  if (isAny(texts)) return ALWAYS;
  const plain = texts.filter((text) => !/[*?[\]`]/.test(text.replace(/\*$/, '')));
  const ways: (readonly Test[])[] = texts
    .filter((text) => !plain.includes(text))
    .map((text) => opaqueWay('interface-alias', text));
  if (plain.length > 0) ways.unshift([{ test: 'name', field: 'in-device', in: plain }]);
  return ways;
}

const NAMED_PROTOCOLS: Readonly<Record<string, readonly Test[]>> = {
  TCP: [protocolTest(PROTOCOLS.tcp)],
  UDP: [protocolTest(PROTOCOLS.udp)],
  ICMPv4: [protocolTest(PROTOCOLS.icmp)],
  ICMPv6: [protocolTest(PROTOCOLS.icmp6)],
};

function protocolWays(text: string): Ways {
  if (text === '' || text === 'Any') return ALWAYS;
  const named = ownValue(NAMED_PROTOCOLS, text);
  if (named !== undefined) return [named];
  const number = readNumber(text, 255);
  return [number === null ? opaqueWay('protocol', text) : [protocolTest(number)]];
}

/** Words that let everything through the condition, beside `Any`. */
const NEUTRAL: Partial<Record<WindowsWord, readonly string[]>> = {
  Authentication: ['NotRequired'],
  Encryption: ['NotRequired'],
  OverrideBlockRules: ['False'],
};

const OPAQUE_WORDS: readonly (readonly [WindowsWord, string])[] = [
  ['DynamicTarget', 'dynamic-target'],
  ['Program', 'program'],
  ['Package', 'package'],
  ['Service', 'service'],
  ['InterfaceType', 'interface-type'],
  ['Authentication', 'authentication'],
  ['Encryption', 'encryption'],
  ['LocalUser', 'local-user'],
  ['RemoteUser', 'remote-user'],
  ['RemoteMachine', 'remote-machine'],
];

function wordTests(rule: WindowsRule): readonly Test[] {
  return OPAQUE_WORDS.flatMap(([word, key]) => {
    const value = rule.words[word];
    if (value === undefined) return opaqueWay('not-collected', word);
    const neutral = value === '' || value === 'Any' || NEUTRAL[word]?.includes(value) === true;
    return neutral ? [] : opaqueWay(key, value);
  });
}

/**
 * The ways in which a rule can match, exact tests before opaque ones: what an exact test rules out
 * is known, whatever the others say.
 */
export function waysOf(rule: WindowsRule, document: WindowsDocument): Ways {
  const list = (key: WindowsList, read: (texts: readonly string[]) => Ways): Ways => {
    const texts = rule.lists[key];
    return texts === undefined ? [opaqueWay('not-collected', key)] : read(texts);
  };
  const protocol = rule.words.Protocol;
  const conditions: readonly Ways[] = [
    protocol === undefined ? [opaqueWay('not-collected', 'Protocol')] : protocolWays(protocol),
    list('LocalPort', (texts) => portWays('destination-port', 'local-port', texts)),
    list('RemotePort', (texts) => portWays('source-port', 'remote-port', texts)),
    list('IcmpType', icmpWays),
    list('RemoteAddress', (texts) => addressWays('source', 'remote-address', texts, document)),
    list('LocalAddress', (texts) => addressWays('destination', 'local-address', texts, document)),
    list('InterfaceAlias', deviceWays),
    [wordTests(rule)],
  ];
  return allOf(conditions);
}
