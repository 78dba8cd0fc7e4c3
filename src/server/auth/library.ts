import { betterAuth } from 'better-auth/minimal';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { twoFactor } from 'better-auth/plugins/two-factor';
import type { Store } from '../../store/open.ts';
import type { Sealer } from '../../store/seal.ts';
import { storeAdapter } from './adapter.ts';
import { codesOnce } from './codes.ts';
import { type Joining, joiningHooks, PROVIDER } from './joining.ts';
import { type OidcSettings, originsOf } from './settings.ts';

/** NIST SP 800-63B-4, 3.1.1.2: 15 where it may be the only factor would be more than people accept. */
export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 256;
/** How long a sign-in lasts, s. */
const SESSION_S = 7 * 24 * 60 * 60;
export const AUTH_PATH = '/api/auth';
/** Carries the address of who asks to the library; nobody outside can set it. */
export const SOURCE_HEADER = 'x-postern-source';

export interface LibraryOptions extends Joining {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly publicUrl: string;
  readonly oidc: OidcSettings | null;
  /** What the library tells of itself: its own errors, without bodies. */
  readonly onTrouble: (message: string) => void;
}

export type Library = ReturnType<typeof openLibrary>;

/** better-auth as we use it: nobody signs up by it, and all its state is in the store. */
export function openLibrary(options: LibraryOptions) {
  const { store, sealer, publicUrl, oidc, now, onTrouble } = options;
  const https = publicUrl.startsWith('https:');
  return betterAuth({
    appName: 'Postern',
    baseURL: publicUrl,
    basePath: AUTH_PATH,
    secret: sealer.keyFor('auth'),
    database: storeAdapter(store),
    trustedOrigins: [...originsOf(publicUrl)],
    telemetry: { enabled: false },
    // counted in the store, by address and by account: limits.ts
    rateLimit: { enabled: false },
    logger: { level: 'error', disableColors: true, log: (_level, message) => onTrouble(message) },
    onAPIError: { throw: true, errorURL: `${publicUrl}/signin` },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD,
      maxPasswordLength: MAX_PASSWORD,
    },
    ...TABLES,
    session: {
      ...TABLES.session,
      expiresIn: SESSION_S,
      disableSessionRefresh: true,
      additionalFields: { organization: { type: 'string', required: false, input: false } },
    },
    account: {
      ...TABLES.account,
      encryptOAuthTokens: true,
      accountLinking: {
        trustedProviders: oidc?.trustEmail === true ? [PROVIDER] : [],
        // whoever else has come in by the address first is put out: joining.ts
        requireLocalEmailVerified: false,
      },
    },
    databaseHooks: joiningHooks(store, options),
    hooks: { before: codesOnce(store, now) },
    advanced: {
      useSecureCookies: https,
      cookiePrefix: 'postern',
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      database: { generateId: 'uuid' },
      ipAddress: { ipAddressHeaders: [SOURCE_HEADER] },
    },
    plugins: [twoFactor({ issuer: 'Postern', ...TWO_FACTOR }), ...providers(oidc)],
  });
}

function providers(oidc: OidcSettings | null) {
  if (oidc === null) return [];
  const { name, discoveryUrl, clientId, clientSecret } = oidc;
  const scopes = ['openid', 'email', 'profile'];
  const config = { providerId: PROVIDER, name, discoveryUrl, clientId, clientSecret, scopes };
  return [genericOAuth({ config: [{ ...config, pkce: true }] })];
}

const TIMES = { createdAt: 'created_at', updatedAt: 'updated_at' };

/** Names of the library's tables and columns in our store. */
const TABLES = {
  user: { modelName: 'auth_users', fields: { emailVerified: 'email_verified', ...TIMES } },
  session: {
    modelName: 'auth_sessions',
    fields: {
      userId: 'user_id',
      expiresAt: 'expires_at',
      ipAddress: 'ip_address',
      userAgent: 'user_agent',
      ...TIMES,
    },
  },
  account: {
    modelName: 'auth_accounts',
    fields: {
      accountId: 'account_id',
      providerId: 'provider_id',
      userId: 'user_id',
      accessToken: 'access_token',
      refreshToken: 'refresh_token',
      idToken: 'id_token',
      accessTokenExpiresAt: 'access_token_expires_at',
      refreshTokenExpiresAt: 'refresh_token_expires_at',
      ...TIMES,
    },
  },
  verification: {
    modelName: 'auth_verifications',
    fields: { expiresAt: 'expires_at', ...TIMES },
  },
};

const TWO_FACTOR = {
  schema: {
    user: { fields: { twoFactorEnabled: 'two_factor' } },
    twoFactor: {
      modelName: 'auth_two_factors',
      fields: {
        userId: 'user_id',
        backupCodes: 'backup_codes',
        failedVerificationCount: 'failures',
        lockedUntil: 'locked_until',
      },
    },
  },
};
