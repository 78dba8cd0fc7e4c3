import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { dns, readDnsOverTcp } from './dns.ts';

const seeds = readFixtures('dns').flatMap(repliesOf);

itIdentifiesItsFixtures(dns);

itNeverThrows('readDnsOverTcp', readDnsOverTcp, seeds);

import { DNS_CLASS, DNS_TYPE, dnsOverTcp, dnsQuery } from '../dns-message.ts';

/** A response to version.bind with one TXT record, built from RFC 1035 §4.1. */
function versionReply(text: string): Uint8Array {
  const query = dnsQuery({
    id: 1,
    name: 'version.bind',
    type: DNS_TYPE.txt,
    class: DNS_CLASS.chaos,
    recursionDesired: false,
  });
  const record = [0xc0, 12, 0, 16, 0, 3, 0, 0, 0, 0, 0, text.length + 1, text.length];
  const message = Uint8Array.from([...query, ...record, ...bytesOf(text)]);
  message[2] = 0x84;
  message[7] = 1;
  return dnsOverTcp(message);
}

describe('products by version.bind', () => {
  it.each([
    ['dnsmasq-2.90', 'dnsmasq', '2.90'],
    ['unbound 1.17.1', 'Unbound', '1.17.1'],
    [
      'PowerDNS Authoritative Server 4.7.3 (built Jan 1 2023)',
      'PowerDNS Authoritative Server',
      '4.7.3',
    ],
    ['9.18.24-1-Debian', 'BIND', '9.18.24'],
    ['get lost', undefined, undefined],
  ])('%s', async (text, product, version) => {
    const identity = await dns.identify(memoryTalk([versionReply(text)]));
    expect(identity?.product).toBe(product);
    expect(identity?.version).toBe(version);
    expect(identity?.details.versionBind).toBe(text);
  });
});

it('leaves recursion open where the root was not answered', async () => {
  const identity = await dns.identify(memoryTalk([versionReply('x')]));
  expect(identity?.details).toEqual({ versionBind: 'x' });
});
