import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../model/errors.ts';
import { containsNetwork, readNetwork } from '../model/network.ts';
import { checkSettings, countAddresses, readAll, readTarget } from './targets.ts';

it.each([
  [[], 0],
  [['192.0.2.0/30', '192.0.2.1', '192.0.2.3-192.0.2.6'], 7],
  [['192.0.2.1', '192.0.2.1'], 1],
  [['www.example.org', '2001:db8::/126', '2001:db8::1'], 5],
  [['0.0.0.0/0', '10.0.0.0/8'], 2 ** 32],
])('counts each address of %j once', (targets, count) => {
  expect(countAddresses(targets)).toBe(count);
});

describe('a target of a tenant', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7', 'address'],
    [' 192.0.2.7/32 ', '192.0.2.7', 'address'],
    ['192.0.2.0/28', '192.0.2.0/28', 'network'],
    ['192.0.2.0-192.0.2.15', '192.0.2.0/28', 'network'],
    ['192.0.2.1-9', '192.0.2.1-192.0.2.9', 'network'],
    ['2001:DB8:0::1', '2001:db8::1', 'address'],
    ['2001:db8::/120', '2001:db8::/120', 'network'],
    ['::ffff:192.0.2.7', '192.0.2.7', 'address'],
    ['WWW.Example.ORG.', 'www.example.org', 'name'],
    ['https://example.org:8443/path', 'example.org', 'name'],
    ['bücher.example', 'xn--bcher-kva.example', 'name'],
  ])('%s is %s', (given, text, kind) => {
    expect(readTarget(given, 'target')).toMatchObject({ text, kind });
    // what is kept is read as itself
    expect(readTarget(text, 'target')).toMatchObject({ text, kind });
  });

  it.each(['@/etc/passwd', '-', '', '10.0.0.0/33', '010.0.0.1', 'a b', '192.0.2.1,192.0.2.2'])(
    'is not %j',
    (given) => {
      expect(() => readTarget(given, 'target 3')).toThrow(
        expect.objectContaining({
          code: 'TARGET_SYNTAX',
          message: expect.stringMatching(/^target 3/),
        }),
      );
    },
  );

  it('is not larger than a scan can be', () => {
    expect(() => readTarget('2001:db8::/64', 'target')).toThrow(
      expect.objectContaining({ code: 'TARGET_TOO_LARGE' }),
    );
  });

  it('is there once, however it is written', () => {
    const given = ['192.0.2.7', '192.0.2.7/32', 'a.example', 'A.EXAMPLE.'];
    expect(readAll(given, 'target').map(({ text }) => text)).toEqual(['192.0.2.7', 'a.example']);
  });

  it('needs a grant of all of it, whatever the text', () => {
    const pieces = fc.constantFrom(
      '192.0.2.',
      '1',
      '-',
      '/',
      '10',
      '::',
      'a',
      '.',
      '255',
      ',',
      '@',
      '*',
      ' ',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (given) => {
        try {
          const { text, kind, needs } = readTarget(given, 'target');
          expect(needs).not.toEqual([]);
          if (kind === 'name') return;
          const networks = needs.map(readNetwork);
          expect(networks).not.toContain(null);
          // every address of it lies in what must be granted
          expect(readTarget(text, 'again').needs).toEqual(needs);
        } catch (error) {
          if (!(error instanceof PosternError)) throw error;
          expect(['TARGET_SYNTAX', 'TARGET_TOO_LARGE']).toContain(error.code);
        }
      }),
    );
  });

  it('is as large as what must be granted', () => {
    const first = fc.integer({ min: 0, max: 250 });
    fc.assert(
      fc.property(first, fc.integer({ min: 0, max: 5 }), (from, more) => {
        const range = `192.0.2.${from}-192.0.2.${from + more}`;
        const [need = ''] = readTarget(range, 'target').needs;
        const [asked, needed] = [readNetwork(range), readNetwork(need)];
        if (asked === null || needed === null) throw new Error('unread');
        expect(containsNetwork(needed, asked) && containsNetwork(asked, needed)).toBe(true);
      }),
    );
  });
});

it('refuses ports and exclusions that are none', () => {
  expect(() => checkSettings({ ports: '22,U:53', exclude: ['192.0.2.1'] })).not.toThrow();
  expect(() => checkSettings({ ports: '0' })).toThrow(
    expect.objectContaining({ code: 'PORT_SYNTAX' }),
  );
  expect(() => checkSettings({ exclude: ['@list'] })).toThrow(
    expect.objectContaining({ code: 'TARGET_SYNTAX' }),
  );
});
