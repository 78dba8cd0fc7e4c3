import { expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import { hexBytes, hexText } from './encode.ts';
import { NTLM_NEGOTIATE, readNtlmChallenge } from './ntlm.ts';

/** MS-NLMP §4.2.4.3: the NTLMv2 example's CHALLENGE_MESSAGE. */
const EXAMPLE = hexBytes(
  '4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000' +
    '2400240044000000 0600701700 00000f 530065007200760065007200' +
    '02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000',
);

it('reads the example of MS-NLMP, also inside other bytes', () => {
  const names = { computerName: 'Server', domainName: 'Domain', osVersion: '6.0.6000' };
  expect(readNtlmChallenge(EXAMPLE)).toEqual(names);
  expect(readNtlmChallenge(Uint8Array.of(0x4e, 0x54, ...EXAMPLE, 1, 2))).toEqual(names);
  expect(readNtlmChallenge(NTLM_NEGOTIATE)).toBeNull();
});

it('begins with a message that names nobody', () => {
  expect(hexText(NTLM_NEGOTIATE)).toBe(
    `4e544c4d535350000100000015820862${'00'.repeat(16)}0a0000000000000f`,
  );
});

itNeverThrows('readNtlmChallenge', readNtlmChallenge, [
  EXAMPLE,
  ...['smb', 'rdp'].flatMap(readFixtures).flatMap(repliesOf),
]);
