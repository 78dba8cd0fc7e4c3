import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { auditOf } from '../../../test/helpers/made-audits.ts';
import { sampleAudit } from '../../../test/helpers/sample-audit.ts';
import { PosternError } from '../../model/errors.ts';
import { digestOf, readAudit, unpackAudit } from './digest.ts';

it('gives back what was sent, and stores nothing that is not of an audit', () => {
  const report = sampleAudit();
  const sent = { ...report, extra: 'x', audit: { ...report.audit, secret: 'y' } };
  const read = readAudit(gzipSync(JSON.stringify(sent)));
  expect(unpackAudit(digestOf(read, []).body)).toEqual(JSON.parse(JSON.stringify(report)));
});

it('says of what it could not see that it is no evidence', () => {
  const open = { listeners: { 5432: 'postgres' }, rules: ['tcp dport 5432 accept'] };
  expect(digestOf(auditOf(open), []).sight.whole).toBe(true);
  expect(digestOf(auditOf({ ...open, blind: 'listeners' }), []).sight.whole).toBe(false);
  const blind = digestOf(auditOf({ ...open, blind: 'firewall' }), []).sight;
  expect([blind.whole, blind.doors.get('tcp/5432')?.settled]).toEqual([false, false]);
});

it('refuses whatever else it is given with its own error', () => {
  const text = JSON.stringify(sampleAudit());
  const mutated = fc
    .tuple(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 8 }))
    .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length));
  const bytes = fc.oneof(
    fc.uint8Array(),
    mutated.map((one) => Buffer.from(one)),
    mutated.map((one) => gzipSync(one)),
    fc.uint8Array().map((some) => Buffer.concat([Buffer.from([0x1f, 0x8b]), some])),
    fc.json().map((one) => Buffer.from(one)),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      try {
        digestOf(readAudit(body), []);
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError);
      }
    }),
    { numRuns: 300 },
  );
});
