import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { met } from '../helpers/needs.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { makeFolder, removeFolder } from './folders.ts';

function read(path: string): X509Certificate {
  return new X509Certificate(readFileSync(path));
}

describe.skipIf(!met({ commands: ['openssl'] }))('makeCertificates', () => {
  let dir: string;
  let certificates: Certificates;

  beforeAll(async () => {
    dir = makeFolder('certificates');
    certificates = await makeCertificates(dir);
  });
  afterAll(() => removeFolder(dir));

  it('signs a valid one for localhost with its authority', () => {
    const valid = read(certificates.valid.cert);
    expect(valid.checkHost('localhost')).toBe('localhost');
    expect(valid.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(valid.verify(read(certificates.ca).publicKey)).toBe(true);
    expect(Date.parse(valid.validTo)).toBeGreaterThan(Date.now());
  });

  it('makes one that has expired', () => {
    const expired = read(certificates.expired.cert);
    expect(expired.validTo).toBe('Jan  1 00:00:00 2021 GMT');
    expect(expired.verify(read(certificates.ca).publicKey)).toBe(true);
  });

  it('makes one that signs itself', () => {
    const selfSigned = read(certificates.selfSigned.cert);
    expect(selfSigned.issuer).toBe(selfSigned.subject);
    expect(selfSigned.verify(selfSigned.publicKey)).toBe(true);
  });
});
