import { describe, expect, it } from 'vitest';
import { readPlace } from './history.ts';

describe('a place of history', () => {
  it('is an address however it is written, or a name, and a port of it', () => {
    expect(readPlace('2001:DB8:0:0::1')).toEqual({ host: '2001:db8::1' });
    expect(readPlace('[2001:DB8:0:0::1]:53/udp')).toEqual({
      ...{ host: '2001:db8::1', port: 53, transport: 'udp' },
    });
    expect(readPlace('::ffff:192.0.2.7')).toEqual({ host: '192.0.2.7' });
    expect(readPlace('db.example.org:5432')).toEqual({ host: 'db.example.org', port: 5432 });
  });

  it('is refused where it is none', () => {
    for (const text of ['', 'a:b:c', 'a:65536', 'a:1/sctp', '[::1', '10.0.0.0/8']) {
      expect(() => readPlace(text)).toThrowError(
        expect.objectContaining({ code: 'HISTORY_PLACE' }),
      );
    }
  });
});
