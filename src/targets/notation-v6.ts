import type { Address, Block } from './address.ts';
import { blockOf, isLinkLocal, isMapped, isZone, parseAddress, parseV6 } from './address.ts';
import type { Refusal, Target } from './target.ts';
import { refuse } from './target.ts';

/** `2001:db8::1`, `fe80::1%eth0`, `2001:db8::/120`, `fe80::%eth0/120`, `2001:db8::1-2001:db8::ff`. */
export function parseV6Notation(text: string): Target | Refusal {
  const address = parseAddress(text);
  if (address !== null) return { kind: 'address', text, blocks: [blockOf(address)] };
  const slash = text.indexOf('/');
  if (slash !== -1) return parseCidr(text, text.slice(0, slash), text.slice(slash + 1));
  return parseRange(text) ?? refuse(reasonOf(text));
}

function parseCidr(text: string, base: string, length: string): Target | Refusal {
  if (parseAddress(base) === null) return refuse(reasonOf(base));
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > 128) {
    return refuse('the prefix length after "/" is a number from 0 to 128');
  }
  const [digits = '', zone] = base.split('%');
  const block = blockAround(parseV6(digits) ?? 0n, Number(length));
  const zoned = zone === undefined || block.family === 4 ? block : { ...block, zone };
  return { kind: 'cidr', text, blocks: [zoned] };
}

/** The block of `length` leading bits around `value`; IPv4 where it lies in ::ffff:0:0/96. */
function blockAround(value: bigint, length: number): Block {
  const bits = BigInt(128 - length);
  const start = (value >> bits) << bits;
  const end = start + (1n << bits);
  if (length < 96 || !isMapped(value)) return { family: 6, start, end };
  return {
    family: 4,
    start: Number(start & 0xffffffffn),
    end: Number((end - 1n) & 0xffffffffn) + 1,
  };
}

/** A zone may hold dashes, so every dash is tried. Null when no dash has an address on both sides. */
function parseRange(text: string): Target | Refusal | null {
  for (let dash = text.indexOf('-'); dash !== -1; dash = text.indexOf('-', dash + 1)) {
    const first = parseAddress(text.slice(0, dash));
    const last = parseAddress(text.slice(dash + 1));
    if (first !== null && last !== null) return rangeOf(text, first, last);
  }
  return null;
}

function rangeOf(text: string, first: Address, last: Address): Target | Refusal {
  const from = blockOf(first);
  const to = blockOf(last);
  if (last.value < first.value) return refuse('the range ends before it begins');
  if (from.family === 4 && to.family === 4) {
    return { kind: 'range', text, blocks: [{ ...from, end: to.end }] };
  }
  if (from.family === 4 || to.family === 4) return refuse('its ends are of different families');
  if (from.zone !== to.zone) return refuse('its ends are in different zones');
  return { kind: 'range', text, blocks: [{ ...from, end: to.end }] };
}

/** What is wrong with a text that has the colons of an IPv6 address. */
function reasonOf(text: string): string {
  const [digits = '', zone] = text.split('%');
  const value = parseV6(digits);
  if (value === null || zone === undefined) {
    return text.includes('-')
      ? 'a range of IPv6 addresses is written with both addresses in full'
      : 'it is not an IPv6 address';
  }
  if (!isLinkLocal(value)) return 'a zone (%) belongs to link-local addresses (fe80::/10) only';
  return isZone(zone)
    ? 'it is not an IPv6 address'
    : 'a zone is made of letters, digits, ".", ":" and "-"; give the interface by its number';
}
