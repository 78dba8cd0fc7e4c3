import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PosternError } from '../../model/errors.ts';
import { originsOf, readOidc } from './settings.ts';

const GOOD = {
  POSTERN_OIDC_ISSUER: 'https://id.example.org/realms/one/',
  POSTERN_OIDC_CLIENT_ID: 'postern',
  POSTERN_OIDC_CLIENT_SECRET: 'secret',
};

it('reads a provider by its issuer or its discovery document', () => {
  const discoveryUrl = 'https://id.example.org/realms/one/.well-known/openid-configuration';
  expect(readOidc({})).toBeNull();
  expect(readOidc({ ...GOOD, POSTERN_OIDC_ISSUER: '' })).toBeNull();
  expect(readOidc(GOOD)).toEqual({
    ...{ name: 'id.example.org', discoveryUrl, clientId: 'postern', clientSecret: 'secret' },
    trustEmail: false,
  });
  const whole = { ...GOOD, POSTERN_OIDC_ISSUER: discoveryUrl, POSTERN_OIDC_TRUST_EMAIL: 'yes' };
  expect(readOidc(whole)).toMatchObject({ discoveryUrl, trustEmail: true });
});

it('refuses a provider that others could read along with, and never names the secret', () => {
  const start = (env: object) => () => readOidc({ ...GOOD, ...env });
  expect(start({ POSTERN_OIDC_ISSUER: 'http://id.example.org' })).toThrow(/https/);
  expect(start({ POSTERN_OIDC_ISSUER: 'http://127.0.0.1.example.org' })).toThrow(/https/);
  expect(start({ POSTERN_OIDC_ISSUER: 'http://127.0.0.1:8080' })).not.toThrow();
  expect(start({ POSTERN_OIDC_CLIENT_SECRET: '' })).toThrow(/POSTERN_OIDC_CLIENT_SECRET/);
});

it('throws nothing but our own failures for any issuer', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl()), (issuer) => {
      try {
        readOidc({ ...GOOD, POSTERN_OIDC_ISSUER: issuer });
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError);
      }
    }),
  );
});

it('knows the names that this machine has for itself, and no other host', () => {
  expect(originsOf('https://postern.example:8443')).toEqual(['https://postern.example:8443']);
  expect(originsOf('http://127.0.0.1:4100')).toEqual([
    ...['http://127.0.0.1:4100', 'http://localhost:4100', 'http://[::1]:4100'],
  ]);
});
