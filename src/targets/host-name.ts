import { domainToASCII } from 'node:url';
import type { Refusal } from './target.ts';
import { refuse } from './target.ts';

/** Longest name and label of the DNS (RFC 1035 §2.3.4), in octets without the final dot. */
const MAX_NAME = 253;
const MAX_LABEL = 63;

export interface HostName {
  readonly kind: 'host-name';
  readonly name: string;
}

/**
 * Reads a host name into the form the DNS knows: lower-case ASCII, international names as A-labels
 * (UTS #46), no final dot. A name whose last label is a number is refused as browsers do (WHATWG
 * URL): it was meant as an address.
 */
export function parseHostName(text: string): HostName | Refusal {
  const plain = text.endsWith('.') ? text.slice(0, -1) : text;
  if (plain === '') return refuse('it is empty');
  const ascii = /^[!-~]+$/.test(plain) ? plain.toLowerCase() : toAscii(plain);
  if (ascii === '') return refuse('it is not a valid international name');
  const labels = ascii.split('.');
  const reason = numberReason(labels, plain) ?? labelsReason(ascii, labels);
  return reason === null ? { kind: 'host-name', name: ascii } : refuse(reason);
}

/** Bounded: beyond 1,000 units no name is valid, and the conversion is not linear. */
function toAscii(text: string): string {
  return text.length > 1000 || /[\s%]/.test(text) ? '' : domainToASCII(text);
}

function labelsReason(name: string, labels: readonly string[]): string | null {
  if (name.length > MAX_NAME) return `a name has at most ${MAX_NAME} characters`;
  for (const label of labels) {
    const reason = labelReason(label);
    if (reason !== null) return reason;
  }
  return null;
}

function labelReason(label: string): string | null {
  if (label === '') return 'there is nothing between two dots';
  if (label.length > MAX_LABEL) return `a part of a name has at most ${MAX_LABEL} characters`;
  const odd = /[^a-z0-9_-]/.exec(label);
  if (odd !== null) return `"${odd[0]}" cannot stand in a host name`;
  if (label.startsWith('-') || label.endsWith('-'))
    return 'a part of a name begins or ends with "-"';
  return null;
}

/** Why labels that end in a number are no address, null when they end in none. */
function numberReason(labels: readonly string[], given: string): string | null {
  if (!/^([0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return null;
  const ascii = labels.join('.');
  return ascii === given.toLowerCase()
    ? addressReason(labels)
    : `browsers read it as ${ascii}; write that if you mean it`;
}

/** What is wrong with parts that were meant as an IPv4 address. */
export function addressReason(parts: readonly string[]): string {
  const reason = partReason(parts);
  if (reason !== null) return reason;
  return parts.length === 4
    ? 'it is not an IPv4 address'
    : `an IPv4 address has four parts, this has ${parts.length}, and programs disagree on what a shorter form means`;
}

/** What is wrong with the first number that cannot be a part of an IPv4 address. */
export function partReason(parts: readonly string[]): string | null {
  const odd = parts.find((part) => /^0x/i.test(part));
  if (odd !== undefined) return `"${odd}" is hexadecimal; write the four parts in decimal`;
  const zero = parts.find((part) => /^0[0-9]/.test(part));
  if (zero !== undefined) {
    return `the leading zero makes "${zero}" octal to some programs and decimal to others; write it without`;
  }
  const high = parts.find((part) => /^[0-9]{3,4}$/.test(part) && Number(part) > 255);
  return high === undefined ? null : `${high} is more than 255`;
}
