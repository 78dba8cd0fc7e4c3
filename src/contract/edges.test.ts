import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { readNetwork } from '../model/network.ts';
import { edgeFile, loadEdges } from './edges.ts';

const GOOD = `{
  "schema": "postern.edges/1",
  "providers": [
    {
      "provider": "Ours",
      "source": "our own proxies",
      "asOf": "2026-11",
      "networks": ["192.0.2.0/24", "2001:db8::/32"]
    }
  ]
}`;

function messageFor(text: string): string {
  try {
    loadEdges(text, 'edges.json');
  } catch (error) {
    if (error instanceof PosternError && error.code === 'EDGES_INVALID') return error.message;
    throw error;
  }
  return '';
}

describe('a file of shared edges', () => {
  it('is read as JSON and as YAML', () => {
    const [ours] = loadEdges(GOOD, 'edges.json');
    expect(ours?.networks).toEqual(['192.0.2.0/24', '2001:db8::/32']);
    const yaml = 'schema: postern.edges/1\nproviders: []\n';
    expect(loadEdges(yaml, 'edges.yaml')).toEqual([]);
  });

  it.each([
    [
      '"192.0.2.0/24"',
      '"192.0.2.0/33"',
      '8:20: providers.0.networks.0: "192.0.2.0/33" is no address block such as 192.0.2.0/24 or 2001:db8::/32',
    ],
    [
      '"2026-11"',
      '"last week"',
      '7:15: providers.0.asOf: "last week" is no date such as 2026-06-14',
    ],
    ['"source"', '"sauce"', 'providers.0: Unrecognized key: "sauce"'],
    [
      '"our own proxies"',
      '7',
      '6:17: providers.0.source: Invalid input: expected string, received number',
    ],
    [
      'postern.edges/1',
      'postern.edges/2',
      '2:13: schema: Invalid input: expected "postern.edges/1"',
    ],
  ])('names line, column and field when %s is %s', (from, to, message) => {
    expect(messageFor(GOOD.replace(from, to))).toContain(message);
  });

  it('that is none is said to be none', () => {
    expect(messageFor('')).toContain('edges.json:1:1: the file: Invalid input');
    expect(messageFor('{')).toMatch(/edges\.json:\d+:\d+: /);
  });

  it('never fails otherwise, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(messageFor(text)).toMatch(/^(the edge lists "edges\.json" have \d+ errors?:\n|$)/);
      }),
    );
  });
});

describe('data/edges.json', () => {
  const text = readFileSync(new URL('../../data/edges.json', import.meta.url), 'utf8');
  const { providers } = edgeFile.parse(JSON.parse(text));

  it('keeps the contract, and names each provider once', () => {
    const names = providers.map(({ provider }) => provider);
    expect(new Set(names).size).toBe(names.length);
    expect(loadEdges(text, 'data/edges.json')).toEqual(providers);
  });

  it('holds each network once, in the block notation, none twice and none shared', () => {
    const all = providers.flatMap(({ networks }) => networks);
    const read = all.map((network) => readNetwork(network));
    const sorted = read
      .flatMap((network) => network ?? [])
      .sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1));
    expect(sorted).toHaveLength(all.length);
    const overlapping = sorted.filter((network, at) => {
      const next = sorted[at + 1];
      return next?.family === network.family && next.first <= network.last;
    });
    expect(overlapping).toEqual([]);
    expect(all.filter((network) => !/\/\d+$/.test(network))).toEqual([]);
  });
});
