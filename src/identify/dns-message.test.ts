import { describe, expect, it } from 'vitest';
import { itNeverThrows } from '../../test/helpers/fixture.ts';
import { bytesOf } from './bytes.ts';
import { DNS_CLASS, DNS_TYPE, dnsQuery, readDnsMessage, readTxtData } from './dns-message.ts';

const query = dnsQuery({
  id: 0x1234,
  name: 'Example.ORG',
  type: DNS_TYPE.soa,
  class: DNS_CLASS.internet,
  recursionDesired: true,
});

describe('readDnsMessage', () => {
  it('reads what dnsQuery writes', () => {
    expect(readDnsMessage(query)).toMatchObject({
      id: 0x1234,
      isResponse: false,
      recursionDesired: true,
      rcode: 0,
      questions: [{ name: 'Example.ORG', type: 6, class: 1 }],
      answers: [],
    });
  });
  it('gives up on a name that points at itself', () => {
    const loop = Uint8Array.of(0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1);
    expect(readDnsMessage(loop)).toBeNull();
  });
  it('keeps the answers before a cut', () => {
    const record = [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0, 2, 1, 0x78];
    const message = Uint8Array.from([...query, ...record, ...record.slice(0, 5)]);
    message[7] = 2;
    const answers = readDnsMessage(message)?.answers ?? [];
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ name: 'Example.ORG', type: 16, ttl: 9 });
    expect(readTxtData(answers[0]?.data ?? new Uint8Array(0))).toBe('x');
  });
});

it('joins the strings of a TXT record', () => {
  expect(readTxtData(bytesOf('\u0002ab\u0001c'))).toBe('abc');
});

itNeverThrows('readDnsMessage', readDnsMessage, [query]);
itNeverThrows('readTxtData', readTxtData);
