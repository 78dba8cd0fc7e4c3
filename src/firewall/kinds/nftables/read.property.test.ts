import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../../model/errors.ts';
import type { Layer } from '../../layer.ts';
import { readOrFault } from '../any-text.test-helper.ts';
import { nftables } from './nftables.ts';

const FOLDER = join(import.meta.dirname, '../../../../test/fixtures/firewall/nftables');
const texts = (ending: string) =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(FOLDER, name), 'utf8'));
const JSONS = texts('.json');
const TEXTS = [...texts('.nft'), ...texts('.conf')];

function outcome(text: string): Layer | PosternError {
  return readOrFault(nftables, [{ origin: 'x', text }]);
}

function ruleCount({ tables }: Layer): number {
  return tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules)).length;
}

/** A layer without rules, of which nothing is said to be missing. */
function isEmpty(found: Layer | PosternError): boolean {
  return !(found instanceof PosternError) && found.unread.length === 0 && ruleCount(found) === 0;
}

describe('nftables texts of any kind', () => {
  it('random JSON in a list throws nothing else', () => {
    const { object, rule } = fc.letrec((tie) => ({
      object: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('ip', 'saddr', 'accept', '@s', '10.0.0.1', 22, null, true, -1, 1e99),
        fc.array(tie('object'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...KEYS), tie('object'), { maxKeys: 3 }),
      ),
      rule: fc.array(
        fc.dictionary(fc.constantFrom(...KEYS), tie('object'), { minKeys: 1, maxKeys: 1 }),
        {
          maxLength: 4,
        },
      ),
    }));
    const property = fc.property(rule, object, (expr, elem) => {
      const own = { family: 'inet', table: 't' };
      const objects = [
        { metainfo: { json_schema_version: 1 } },
        { table: { family: 'inet', name: 't' } },
        { set: { ...own, name: 's', elem } },
        { chain: { ...own, name: 'c', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
        { rule: { ...own, chain: 'c', handle: 1, expr } },
      ];
      const found = outcome(JSON.stringify({ nftables: objects }));
      expect(found instanceof PosternError ? 1 : ruleCount(found)).toBeGreaterThan(0);
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('a JSON text cut short is refused', () => {
    const cut = fc
      .constantFrom(...JSONS)
      .chain((text) => fc.nat({ max: text.trimEnd().length - 1 }).map((at) => text.slice(0, at)));
    fc.assert(
      fc.property(cut, (text) => outcome(text) instanceof PosternError),
      { numRuns: 300 },
    );
  });

  it('a text cut short anywhere is no firewall that lets everything in', () => {
    const cut = fc
      .constantFrom(...TEXTS)
      .chain((text) => fc.nat({ max: text.length }).map((at) => text.slice(0, at)));
    fc.assert(
      fc.property(cut, (text) => !isEmpty(outcome(text))),
      { numRuns: 300 },
    );
  });

  it('a text cut short inside a table is refused', () => {
    const cut = fc
      .constantFrom(...TEXTS)
      .chain((text) => fc.nat({ max: text.trimEnd().length - 1 }).map((at) => text.slice(0, at)))
      .filter(isInside);
    fc.assert(
      fc.property(cut, (text) => outcome(text) instanceof PosternError),
      { numRuns: 300 },
    );
  });
});

/** Whether more braces are open than closed. */
function isInside(text: string): boolean {
  const bare = text.replaceAll(/#[^\n]*|"[^"\n]*"/g, '');
  return bare.split('{').length > bare.split('}').length;
}

const KEYS = [
  ...[
    'match',
    'left',
    'right',
    'op',
    'payload',
    'protocol',
    'field',
    'meta',
    'ct',
    'key',
    'dir',
    'fib',
  ],
  ...[
    'set',
    'map',
    'vmap',
    'data',
    'elem',
    'val',
    'range',
    'prefix',
    'addr',
    'len',
    'concat',
    '&',
    '|',
  ],
  ...[
    'accept',
    'drop',
    'jump',
    'target',
    'dnat',
    'redirect',
    'port',
    'mangle',
    'value',
    'limit',
    'rate',
  ],
  ...[
    'inv',
    'xt',
    'reject',
    'type',
    'numgen',
    'stmt',
    'flags',
    'result',
    'log',
    'counter',
    'quota',
  ],
];
