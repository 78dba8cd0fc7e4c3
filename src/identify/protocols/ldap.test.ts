import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { ber, berInteger } from '../ber.ts';
import { bytesOf } from '../bytes.ts';
import { hexText } from '../encode.ts';
import { readEntry, readLdapMessage, searchRequest } from '../ldap-message.ts';
import { ldap } from './ldap.ts';

const seeds = readFixtures('ldap').flatMap(repliesOf);

itIdentifiesItsFixtures(ldap);

function rootDse(attributes: Readonly<Record<string, readonly string[]>>): Uint8Array[] {
  const list = Object.entries(attributes).map(([name, values]) =>
    ber(0x30, ber(4, bytesOf(name)), ber(0x31, ...values.map((value) => ber(4, bytesOf(value))))),
  );
  const empty = ber(4);
  const entry = ber(0x30, berInteger(1), ber(0x64, empty, ber(0x30, ...list)));
  const done = ber(0x30, berInteger(1), ber(0x65, berInteger(0, 0x0a), empty, empty));
  return [entry, done];
}

describe('products by root DSE', () => {
  it.each([
    [
      { vendorName: ['389 Project'], vendorVersion: ['389-Directory/2.3.1 B2023.030.1450'] },
      { product: '389 Directory Server', version: '2.3.1' },
    ],
    [{ vendorName: ['Samba Team (https://www.samba.org)'] }, { product: 'Samba' }],
    [
      {
        supportedCapabilities: ['1.2.840.113556.1.4.800'],
        domainControllerFunctionality: ['7'],
        dnsHostName: ['dc1.corp.example.org'],
      },
      { product: 'Microsoft Active Directory', version: 'Windows Server 2016 or later' },
    ],
    [{ objectClass: ['top'] }, {}],
  ])('%j', async (attributes, product) => {
    const identity = await ldap.identify(memoryTalk(rootDse(attributes)));
    expect(identity).toMatchObject(product);
    expect(identity?.details.dnsHostName).toBe(
      'dnsHostName' in attributes ? 'dc1.corp.example.org' : undefined,
    );
  });
});

it('searches one object anonymously', () => {
  // RFC 4511 §4.5.1: base "", baseObject, neverDerefAliases, 1 entry, 5 s, (objectClass=*).
  expect(hexText(searchRequest(1, '', ['+']))).toBe(
    `3028020101632304000a01000a0100020101020105010100870b${hexText(bytesOf('objectClass'))}300304012b`,
  );
});

itNeverThrows('readLdapMessage', readLdapMessage, seeds);
itNeverThrows('readEntry', readEntry, seeds);
