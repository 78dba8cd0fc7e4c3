import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpeUri } from './cpe.ts';

describe('cpeUri', () => {
  it.each([
    ['cpe:2.3:a:redis:redis:7.0.15:*:*:*:*:*:*:*', 'cpe:/a:redis:redis:7.0.15'],
    ['cpe:2.3:a:openbsd:openssh:9.2:p1:*:*:*:*:*:*', 'cpe:/a:openbsd:openssh:9.2:p1'],
    ['cpe:2.3:a:x:y\\:z:1\\.0\\~b:*:*:*:*:*:*:*', 'cpe:/a:x:y%3Az:1.0~b'],
    ['cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*', 'cpe:/o:linux:linux_kernel'],
  ])('%s is %s', (formatted, uri) => {
    expect(cpeUri(formatted)).toBe(uri);
  });

  it('says null for what is no CPE 2.3', () => {
    expect(cpeUri('cpe:/a:redis:redis')).toBeNull();
    expect(cpeUri('')).toBeNull();
    expect(cpeUri('cpe:2.3:a\\')).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const uri = cpeUri(`cpe:2.3:a:${text}:*:*:*:*:*:*:*:*:*`);
        expect(uri === null || uri.startsWith('cpe:/')).toBe(true);
      }),
    );
  });
});
