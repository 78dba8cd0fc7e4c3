import { describe, expect, it } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { expectBytes, garbageTls, say, scriptedPeer } from '../../../test/helpers/scripted-peer.ts';
import { identifyAt } from '../../../test/helpers/talk.ts';
import { bytesOf } from '../bytes.ts';
import { tls } from './tls.ts';

const strangers = ['SSH-2.0-x\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n', '-ERR\r\n'].map(bytesOf);

describe('tls', () => {
  itIdentifiesItsFixtures(tls, strangers);
});

it('is seen behind an alert to everything', async () => {
  await using peer = await scriptedPeer([garbageTls('alert')]);
  const found = await identifyAt(tls, { port: peer.port });
  expect(found?.details).toEqual({ versions: [], alert: 40 });
});

it('is not seen in garbage', async () => {
  await using peer = await scriptedPeer([garbageTls('garbage')]);
  expect(await identifyAt(tls, { port: peer.port })).toBeNull();
  expect(peer.connections.length).toBe(2);
});

it('recognises an alert', () => {
  expect(tls.recognises?.(Uint8Array.of(21, 3, 1, 0, 2, 2, 70))).toBe(true);
  expect(tls.recognises?.(bytesOf('HTTP/1.1 200 OK\r\n'))).toBe(false);
});

it('is left alone where TLS already stands', async () => {
  await using peer = await scriptedPeer([expectBytes(), say('x')], { tls: true });
  expect(await identifyAt(tls, { port: peer.port, tls: true })).toBeNull();
});
