import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Who is signed in at the provider when somebody is sent to it. */
export interface Claims {
  readonly sub: string;
  readonly email: string;
  readonly email_verified?: boolean;
  readonly name: string;
}

export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whom it names from now on. */
  claims: Claims;
  /** What it does wrong from now on. */
  fault: 'none' | 'signature' | 'audience' | 'nonce';
  /** Follows a browser's way through it: resolves to where it sends the browser back. */
  visit(url: string): Promise<string>;
  stop(): Promise<void>;
}

interface Pending {
  readonly redirect: string;
  readonly challenge: string;
  readonly nonce: string | null;
}

/**
 * An OpenID provider on loopback that lets everybody in: discovery, authorization code with PKCE
 * (RFC 7636, S256 is demanded), client secret, ID tokens signed with RS256 (OpenID Connect Core 1.0).
 */
export async function startOidcProvider(claims: Claims): Promise<OidcProvider> {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pending = new Map<string, Pending>();
  const clientId = 'postern';
  const clientSecret = randomBytes(16).toString('hex');
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state: Pick<OidcProvider, 'claims' | 'fault'> = { claims, fault: 'none' };

  const authorize = (url: URL): string => {
    const value = (name: string) => url.searchParams.get(name);
    if (value('client_id') !== clientId || value('code_challenge_method') !== 'S256') return '';
    const code = randomBytes(16).toString('hex');
    const redirect = value('redirect_uri') ?? '';
    pending.set(code, {
      ...{ redirect, challenge: value('code_challenge') ?? '', nonce: value('nonce') },
    });
    return `${redirect}?${new URLSearchParams({ code, state: value('state') ?? '' }).toString()}`;
  };

  const idToken = (nonce: string | null): string => {
    const now = Math.floor(Date.now() / 1000);
    const audience = state.fault === 'audience' ? 'somebody-else' : clientId;
    const said = state.fault === 'nonce' ? 'another' : nonce;
    const body = {
      ...{ iss: issuer, aud: audience, iat: now, exp: now + 300, ...state.claims },
      ...(said === null ? {} : { nonce: said }),
    };
    const signed = `${encoded({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${encoded(body)}`;
    const key = state.fault === 'signature' ? other.privateKey : keys.privateKey;
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  };

  const token = async (request: IncomingMessage): Promise<object | null> => {
    const form = new URLSearchParams(await text(request));
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
    const known =
      request.headers.authorization === `Basic ${basic}` ||
      form.get('client_secret') === clientSecret;
    const code = form.get('code') ?? '';
    const waiting = pending.get(code);
    pending.delete(code);
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '');
    if (!known || waiting === undefined) return null;
    if (waiting.redirect !== form.get('redirect_uri')) return null;
    if (challenge.digest('base64url') !== waiting.challenge) return null;
    const rest = { token_type: 'Bearer', expires_in: 300, scope: 'openid email profile' };
    return { ...rest, access_token: 'access', id_token: idToken(waiting.nonce) };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', issuer);
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json(response, discovery(issuer));
      case '/jwks': {
        const key = keys.publicKey.export({ format: 'jwk' });
        return json(response, { keys: [{ ...key, kid: 'one', alg: 'RS256', use: 'sig' }] });
      }
      case '/authorize':
        response.writeHead(302, { location: authorize(url) }).end();
        return;
      case '/token':
        return json(response, await token(request));
      case '/userinfo':
        return json(response, state.claims);
      default:
        response.writeHead(404).end();
    }
  };

  return Object.assign(state, {
    ...{ issuer, clientId, clientSecret },
    visit: async (url: string) => {
      const sent = await fetch(url, { redirect: 'manual' });
      return sent.headers.get('location') ?? '';
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function discovery(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function json(response: ServerResponse, value: object | null): void {
  response.writeHead(value === null ? 400 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value ?? { error: 'invalid_grant' }));
}
