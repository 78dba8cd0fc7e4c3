import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PosternError } from '../model/errors.ts';
import { type ChannelTypes, loadNotify } from './notify.ts';

const TYPES: ChannelTypes = new Map<string, z.ZodObject>([
  ['bell', z.strictObject({ url: z.url(), rings: z.int().min(1).max(9).default(1) })],
  ['horn', z.strictObject({ secret: z.string(), how: z.enum(['long', 'short']).exactOptional() })],
]);

function load(text: string) {
  return loadNotify(text, 'notify.yaml', TYPES);
}

function faultsOf(text: string): string {
  try {
    load(text);
  } catch (thrown) {
    if (thrown instanceof PosternError) return thrown.message;
    throw thrown;
  }
  return '';
}

const VALID = `version: 1
allow: [10.0.0.0/8]
channels:
  door:
    type: bell
    url: https://bell.example.org
  car:
    type: horn
    secret: env:HORN
`;

describe('alert settings', () => {
  it('are channels in the order of the file', () => {
    const { allowed, channels } = load(VALID);
    expect(channels).toEqual([
      { name: 'door', type: 'bell', settings: { url: 'https://bell.example.org', rings: 1 } },
      { name: 'car', type: 'horn', settings: { secret: 'env:HORN' } },
    ]);
    expect(allowed).toHaveLength(1);
  });

  it.each([
    ['', '1:1: the file is empty'],
    ['version: 1\n', '1:1: "channels" is missing'],
    ['version: 2\nchannels: {}\n', '1:10: "version" must be 1'],
    [VALID.replace('url', 'ulr'), '6:5: unknown key "ulr"; type, url, rings may stand here'],
    [VALID.replace('secret', 'secert'), '9:5: unknown key "secert"; did you mean secret?'],
    [VALID.replace('type: bell', 'type: siren'), '5:11: "type" must be one of bell, horn'],
    [VALID.replace('    type: bell\n', ''), '"type" must be one of bell, horn'],
    [VALID.replace('10.0.0.0/8', '10.0.0.0/99'), '2:9: "10.0.0.0/99" is not an address'],
    [VALID.replace('door:', 'Front door:'), '4:3: a channel is named with'],
    [`${VALID}    how: loud\n`, '10:10: "how" must be long or short'],
    [VALID.replace('allow', 'alow'), '2:1: unknown key "alow"; did you mean allow?'],
    [VALID.replace('env:HORN', '[1, 2]'), '9:13: "secret" must be text'],
    ['version: 1\nchannels: [', '2:'],
  ])('name the place of a fault: %#', (text, said) => {
    expect(faultsOf(text)).toContain(said);
  });

  it('never quote a value that may be a secret', () => {
    const wrong = ['secret: 31337133', 'secret: {hunter2: hunter2}', 'secret: x\n    how: hunter2'];
    for (const text of wrong) {
      const said = faultsOf(VALID.replace('secret: env:HORN', text));
      expect(said).toMatch(/notify\.yaml:\d+:\d+/);
      expect(said).not.toMatch(/31337133|hunter2/);
    }
  });

  it('never end in anything but settings or faults with a place', () => {
    const mutated = fc
      .tuple(fc.nat(VALID.length), fc.nat(12), fc.string({ maxLength: 12 }))
      .map(([at, cut, put]) => VALID.slice(0, at) + put + VALID.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string()), (text) => {
        const said = faultsOf(text);
        if (said !== '') expect(said).toMatch(/notify\.yaml:\d+:\d+: \S/);
      }),
      { numRuns: 500 },
    );
  });
});
