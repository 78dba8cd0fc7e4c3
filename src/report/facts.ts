import type { PortRecord } from '../model/scan.ts';
import type { Certificate, TlsDetails } from '../model/service.ts';
import { clip, plainText } from './text.ts';
import { minute } from './time.ts';

/** A name and what is known under it, for people. */
export type Fact = readonly [name: string, value: string];

const FACTS = 60;
const VALUE = 500;
const DEPTH = 4;

function certificateFacts(leaf: Certificate): Fact[] {
  const bits = leaf.keyBits === undefined ? '' : ` ${leaf.keyBits} bits`;
  return [
    ['certificate subject', leaf.subject],
    ['certificate names', leaf.names.join(', ')],
    ['certificate issuer', leaf.selfSigned ? `${leaf.issuer} (self-signed)` : leaf.issuer],
    ['certificate valid', `${minute(leaf.notBefore)} to ${minute(leaf.notAfter)}`],
    ['certificate key', leaf.keyType + bits],
    ['certificate SHA-256', leaf.sha256],
  ];
}

function tlsFacts(tls: TlsDetails): Fact[] {
  const facts: Fact[] = [['TLS', `${tls.version}, ${tls.cipher}`]];
  if (tls.versions) facts.push(['TLS versions accepted', tls.versions.join(', ')]);
  if (tls.alpn) facts.push(['ALPN', tls.alpn]);
  const [leaf] = tls.chain;
  return leaf ? [...facts, ...certificateFacts(leaf)] : facts;
}

/** Fields of a JSON value with the path to each; lists of plain values on one line. */
function detailFacts(value: unknown, path: string, depth: number): Fact[] {
  if (value === undefined || value === null || depth > DEPTH) return [];
  if (typeof value !== 'object') return [[path, plainText(value)]];
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    return value.length === 0 ? [] : [[path, value.join(', ')]];
  }
  const before = path === '' ? '' : `${path}.`;
  return Object.entries(value).flatMap(([name, item]) =>
    detailFacts(item, before + name, depth + 1),
  );
}

/** All that was learned about a port's service beyond protocol and product, within bounds. */
export function factsOf({ service, doubts }: PortRecord): Fact[] {
  const facts: Fact[] = doubts === undefined ? [] : [['doubts', doubts.join(' ')]];
  if (service?.cpe) facts.push(['CPE', service.cpe]);
  if (service?.tls) facts.push(...tlsFacts(service.tls));
  facts.push(...detailFacts(service?.details, '', 0));
  return facts.slice(0, FACTS).map(([name, value]) => [clip(name, VALUE), clip(value, VALUE)]);
}
