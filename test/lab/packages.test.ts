import { describe, expect, it } from 'vitest';
import { met } from '../helpers/needs.ts';
import { packageVersion, upstreamVersion } from './packages.ts';

describe('upstreamVersion', () => {
  it.each([
    ['1:9.18.49-1~deb12u3', '9.18.49'],
    ['1:2.3.19.1+dfsg1-2.1+deb12u7', '2.3.19.1'],
    ['1:9.2p1-2+deb12u10', '9.2p1'],
    ['3.5.0+ds1-0+deb12u1', '3.5.0'],
    ['20.10.24+dfsg1-1+deb12u1+b6', '20.10.24'],
    ['0.9.21.1-1+deb12u3', '0.9.21.1'],
    ['20230101-1', '20230101'],
    ['1.0', '1.0'],
  ])('%s is %s', (debian, upstream) => {
    expect(upstreamVersion(debian)).toBe(upstream);
  });
});

it.skipIf(!met({ packages: ['bash'] }))('asks the package manager', async () => {
  expect(await packageVersion('bash')).toMatch(/^\d+\.\d+/);
});
