import { ENDED_LINES, type EndedLine } from '../data/end-of-life.ts';
import type { FindingRule, Hit } from '../rule.ts';
import type { Subject } from '../subject.ts';

interface Software {
  readonly product: string;
  readonly version: string;
}

/** The service itself first, then what an HTTP header names beside the server. */
function softwareOf({ product: name, version: number, facts }: Subject): readonly Software[] {
  const beside = facts
    .items('software')
    .map((entry) => ({ product: entry.text('product'), version: entry.text('version') }));
  return [{ product: name, version: number }, ...beside].flatMap(({ product, version }) =>
    product === undefined || version === undefined ? [] : [{ product, version }],
  );
}

/** Leading numbers of a version: `5.7.44-log` is 5, 7, 44; empty when there are none. */
function numbersOf(version: string): readonly number[] {
  const head = /^v?(\d{1,9}(?:\.\d{1,9}){0,5})/.exec(version.slice(0, 64))?.[1];
  return head === undefined ? [] : head.split('.').map(Number);
}

function isBelow(version: readonly number[], bound: readonly number[]): boolean {
  for (const [index, least] of bound.entries()) {
    const part = version[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

interface ReadLine {
  readonly line: EndedLine;
  readonly bound: readonly number[];
  /** Milliseconds since 1970. */
  readonly ended: number;
}

const LINES: ReadonlyMap<string, readonly ReadLine[]> = linesByProduct();

function linesByProduct(): Map<string, ReadLine[]> {
  const lines = new Map<string, ReadLine[]>();
  for (const line of ENDED_LINES) {
    const product = line.product.toLowerCase();
    const read = { line, bound: numbersOf(line.before), ended: Date.parse(line.ended) };
    lines.set(product, [...(lines.get(product) ?? []), read]);
  }
  return lines;
}

function lineOf({ product, version }: Software, now: number): EndedLine | undefined {
  const lines = LINES.get(product.toLowerCase());
  const numbers = lines === undefined ? [] : numbersOf(version);
  if (numbers.length === 0) return undefined;
  return lines?.find(({ bound, ended }) => isBelow(numbers, bound) && now >= ended)?.line;
}

/** A banner that names the distribution whose package it is. */
const DISTRIBUTOR = /ubuntu|debian|\+deb\d|\.el\d|red ?hat|-rh\b|centos|suse|alpine|freebsd/i;
const BANNER_FIELDS = ['server', 'serverVersion', 'greeting', 'comment', 'os', 'versionBind'];

function fromDistributor({ banner, version, facts }: Subject): boolean {
  const texts = BANNER_FIELDS.map((field) => facts.text(field));
  return [banner, version, ...texts].some((text) => DISTRIBUTOR.test(text ?? ''));
}

function hit({ product, version }: Software, line: EndedLine, packaged: boolean): Hit {
  const end = `${product} ${version} is of a line whose maker ended support by ${line.ended}`;
  return {
    rule: 'product.end-of-life',
    ...(packaged && { severity: 'low' as const }),
    why: packaged ? `${end}; at best the distributor still repairs it.` : `${end}.`,
    todo: packaged
      ? `Check that your distributor still supports this release, or update ${product} to ${line.before} or later.`
      : `Update ${product} to a supported line; ${line.before} is the next after this one.`,
    evidence: [`service.version: ${version}`, `source: ${line.source}`],
  };
}

export const endOfLife: FindingRule = {
  ids: ['product.end-of-life'],
  check(subject) {
    const ended = softwareOf(subject).flatMap((software) => {
      const line = lineOf(software, subject.now);
      return line === undefined ? [] : [{ software, line }];
    });
    const [first] = ended;
    if (first === undefined) return [];
    return [hit(first.software, first.line, fromDistributor(subject))];
  },
};
