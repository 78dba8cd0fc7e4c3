import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fits, templateOf, withoutChanges, withPortMarked } from './sameness.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

/** Whether the words of a port are those of the canaries. */
function same(words: (port: number) => string, port: number, said = words(port)): boolean {
  const canaries = [30_001, 40_002, 50_003].map((high) => withPortMarked(bytes(words(high)), high));
  const template = templateOf(canaries);
  return template !== null && fits(withoutChanges(bytes(said)), port, template);
}

describe('sameness', () => {
  it.each([1, 80, 200, 8080, 65_535])('looks over the own port %i and its length', (port) => {
    const body = (at: number) => `<a href="http://h:${at}/">1.1 on ${at}</a>`;
    const words = (at: number) =>
      `HTTP/1.1 200 OK\r\nContent-Length: ${body(at).length}\r\n\r\n${body(at)}`;
    expect(same(words, port)).toBe(true);
  });

  it.each([
    'Date: Wed, 25 Nov 2026 18:00:00 GMT',
    'Wednesday, 25-Nov-26 18:00:00 GMT',
    'Wed Nov 25 18:00:00 2026',
    '2026-11-25T18:00:00.123Z',
    'id 550e8400-e29b-41d4-a716-446655440000',
    'sid=0123456789abcdef0123456789abcdef',
    'time=1787234712',
  ])('looks over what changes in "%s"', (text) => {
    const later = text.replace(/\d(?=\D*$)/, (digit) => `${(Number(digit) + 1) % 10}`);
    const other = `220 the server at the gate greets you, ${later}`;
    expect(same(() => `220 the server at the gate greets you, ${text}`, 21, other)).toBe(true);
  });

  it('sees another version, another title and another length', () => {
    const words = () => 'SSH-2.0-OpenSSH_8.4p1 Debian-5\r\n';
    expect(same(words, 22, 'SSH-2.0-OpenSSH_9.2p1 Debian-5\r\n')).toBe(false);
    expect(same(words, 22, 'SSH-2.0-OpenSSH_8.4p1 Debian-5\r\n\r\n')).toBe(false);
  });

  it('learns which places are random', () => {
    const words = (port: number) =>
      `8.0.${'-'.repeat(12)}salt:${(port * 7919).toString(36).padStart(8, 'z')}:`;
    expect(same(words, 3306)).toBe(true);
  });

  it('finds no likeness in words that differ all over', () => {
    expect(templateOf(['qpwoeiruty', 'zmxncbvalk', '1029384756'])).toBeNull();
    expect(templateOf(['a b c', 'one two three four'])).toBeNull();
  });

  it('fits its own makers, whatever they say', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1 }), (all) => {
        const texts = all.map(withoutChanges);
        const template = templateOf(texts);
        if (template !== null)
          for (const text of texts) expect(fits(text, 70_000, template)).toBe(true);
      }),
    );
  });
});
