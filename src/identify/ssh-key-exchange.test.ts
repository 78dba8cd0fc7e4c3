import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import {
  readHostKey,
  readKexInit,
  readKexReply,
  readSshPacket,
  sshPacket,
  sshPacketFrame,
  startKeyExchange,
} from './ssh-key-exchange.ts';

const seeds = readFixtures('ssh').flatMap(repliesOf);
const NONE = { ciphers: ['c'], macs: ['m'], compression: ['none'] };

describe('packets', () => {
  it.each([0, 1, 7, 8, 100])('a payload of %d bytes survives', (length) => {
    const payload = new Uint8Array(length + 1).fill(7);
    const packet = sshPacket(payload);
    expect(packet.length % 8).toBe(0);
    expect(sshPacketFrame(packet)).toBe(packet.length);
    expect(readSshPacket(packet)).toEqual(payload);
  });
});

describe('startKeyExchange', () => {
  it.each([
    'curve25519-sha256',
    'ecdh-sha2-nistp384',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group14-sha1',
  ])('begins %s', (name) => {
    const start = startKeyExchange({
      kexAlgorithms: ['unheard-of', name],
      hostKeyAlgorithms: ['ssh-rsa'],
      ...NONE,
    });
    expect(start?.start[0]).toBe(30);
    expect(readKexInit(start?.init ?? new Uint8Array(0))).toEqual({
      kexAlgorithms: [name],
      hostKeyAlgorithms: ['ssh-rsa'],
      ...NONE,
    });
  });
  it('does not begin what it cannot', () => {
    const lists = { kexAlgorithms: ['x'], hostKeyAlgorithms: ['ssh-rsa'], ...NONE };
    expect(startKeyExchange(lists)).toBeNull();
  });
});

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

it('counts the bits of an RSA host key', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const modulus = Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')]);
  const blob = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), modulus].map(field);
  expect(readHostKey(Buffer.concat(blob))).toMatchObject({ type: 'ssh-rsa', bits: 1024 });
});

itNeverThrows('readSshPacket', readSshPacket, seeds);
itNeverThrows('readKexInit', readKexInit, seeds);
itNeverThrows('readKexReply', readKexReply, seeds);
itNeverThrows('readHostKey', readHostKey, seeds);
itNeverThrows('sshPacketFrame', sshPacketFrame, seeds);
