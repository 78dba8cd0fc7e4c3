import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Layer, Rule, Step } from '../../layer.ts';
import { read } from './read.ts';

const FOLDER = join(import.meta.dirname, '../../../../test/fixtures/firewall/nftables');
/** Most of all rules that may hold something not understood. */
const MOST_OPAQUE = 0.02;

function layerOf(file: string): Layer {
  return read([{ origin: file, text: readFileSync(join(FOLDER, file), 'utf8') }], 'live');
}

function filesOf(ending: string): readonly string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith(ending));
}

function rulesOf({ tables }: Layer): readonly Rule[] {
  return tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}

function isOpaque({ steps }: Rule): boolean {
  return steps.some((step) => ('test' in step ? step.test : step.do) === 'opaque');
}

/** What a layer does, without where it was read: chains in the order of their names. */
function doings({ tables }: Layer): unknown {
  return tables.map(({ name, family, chains }) => ({
    name,
    family,
    chains: [...chains]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name: of, hook, policy, rules }) => ({
        of,
        hook,
        policy,
        rules: rules.map(({ steps, handle }) => ({ steps, handle })),
      })),
  }));
}

function withoutHandles(layer: Layer): Layer {
  return {
    ...layer,
    tables: layer.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map(({ text, steps }) => ({ text, steps })),
      })),
    })),
  };
}

/** What is refused by default nft prints without saying how, in a table of one family. */
function printedShort({ text }: Rule): string {
  return text.replace(/reject with icmp port-unreachable$/, 'reject');
}

/** Sets are kept in an order of the kernel's own. */
function sorted(step: Step): unknown {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each));
  const inOrder = (values: readonly unknown[]) => values.map(text).sort();
  if ('rows' in step) return { ...step, rows: inOrder(step.rows) };
  return 'test' in step && step.test === 'name' ? { ...step, in: inOrder(step.in) } : step;
}

describe('rulesets as hosts have them', () => {
  it.each(filesOf('.json'))('reads every rule of %s', (file) => {
    const { nftables } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
      nftables: { rule?: { handle: number } }[];
    };
    const handles = nftables.flatMap(({ rule }) => (rule === undefined ? [] : [`${rule.handle}`]));
    const layer = layerOf(file);
    expect(new Set(rulesOf(layer).map(({ handle }) => handle))).toEqual(new Set(handles));
    expect(layer.unread).toEqual([]);
  });

  it.each(filesOf('.json'))('reads the text of %s as its JSON', (file) => {
    const json = layerOf(file);
    const text = layerOf(file.replace('.json', '.nft'));
    const listedHandles = rulesOf(text).some(({ handle }) => handle !== undefined);
    expect(doings(text)).toEqual(doings(listedHandles ? json : withoutHandles(json)));
    expect(rulesOf(text).map(printedShort)).toEqual(rulesOf(json).map(printedShort));
  });

  it.each(filesOf('.conf'))('reads %s as what nft made of it', (file) => {
    const written = layerOf(file);
    const loaded = withoutHandles(layerOf(file.replace('.conf', '.json')));
    const rules = (layer: Layer) => rulesOf(layer).map(({ steps }) => steps.map(sorted));
    expect(rules(written)).toEqual(rules(loaded));
  });

  it('understands all but a few rules', () => {
    const rules = filesOf('.json').flatMap((file) => rulesOf(layerOf(file)));
    const opaque = rules.filter(isOpaque);
    expect(opaque.length / rules.length).toBeLessThanOrEqual(MOST_OPAQUE);
  });
});
