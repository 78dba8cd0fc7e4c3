import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { readTelnet, telnet } from './telnet.ts';

const seeds = readFixtures('telnet').flatMap(repliesOf);

itIdentifiesItsFixtures(telnet);

itNeverThrows('readTelnet', readTelnet, seeds);

it('refuses every request and keeps the text (RFC 854)', () => {
  const stream = readTelnet(
    Uint8Array.of(255, 253, 31, 104, 105, 255, 251, 1, 255, 255, 255, 250, 24, 1, 255, 240, 33),
  );
  expect(Buffer.from(stream.text).toString('latin1')).toBe('hi\xff!');
  expect(stream.options).toEqual(['DO NAWS', 'WILL ECHO']);
  expect([...stream.refusal]).toEqual([255, 252, 31, 255, 254, 1]);
});

describe('prompts', () => {
  it.each([
    ['\r\nUser Access Verification\r\n\r\nPassword: ', 'Cisco IOS telnet', true],
    ['MikroTik v6.49.10 (stable)\r\nLogin: ', 'MikroTik RouterOS telnet', true],
    ['BusyBox v1.30.1 () built-in shell (ash)\r\n\r\n~ # ', 'BusyBox telnetd', false],
  ])('%j', async (text, product, authRequired) => {
    const replies = [Uint8Array.of(255, 251, 1), bytesOf(text)];
    const identity = await telnet.identify(memoryTalk(replies));
    expect(identity).toMatchObject({
      product,
      details: { authRequired, clearTextLogin: authRequired },
    });
  });
});
