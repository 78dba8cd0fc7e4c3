import type { Transaction } from 'kysely';
import { z } from 'zod';
import { endHalfSignIns } from '../../store/queries/passwords.ts';
import type { Tables } from '../../store/schema.ts';
import { PROVIDER } from './joining.ts';
import { MAX_PASSWORD } from './library.ts';
import { emailAddress } from './links.ts';
import { qrOf } from './qr.ts';

/** A request that the library answers. What is not here it is never asked for. */
export interface Flow {
  /** Fields that are passed on, and no others. */
  readonly body?: z.ZodType<object>;
  /**
   * As what it is counted as an attempt to get in: by the address it comes from and the account it is
   * for, or by the address alone when it proves nothing of the account.
   */
  readonly counted: 'account' | 'address' | null;
  /** Fields of its answer that are passed on: none names a session's token. */
  readonly answers: readonly string[];
  /** What we add to them, from what the library said. */
  readonly adds?: (said: object) => object;
  /** For the audit log when it succeeds for somebody who is signed in. */
  readonly action?: string;
  /** Done with that line, both or neither. */
  readonly also?: (tx: Transaction<Tables>, user: string) => Promise<void>;
}

const password = z.string().min(1).max(MAX_PASSWORD);
const code = z
  .string()
  .trim()
  .regex(/^\d{6}$/, 'it must be the six digits');
const signIn = { counted: 'account', answers: ['twoFactorRedirect'] } as const;

/** By method and path below /api/auth. */
export const FLOWS: Readonly<Record<string, Flow>> = {
  'POST /sign-in/email': {
    ...signIn,
    body: z.object({ email: emailAddress, password }),
  },
  'POST /two-factor/verify-totp': {
    ...signIn,
    body: z.object({ code }),
    action: 'two-factor.enable',
  },
  'POST /two-factor/verify-backup-code': {
    ...signIn,
    body: z.object({ code: z.string().trim().min(1).max(40) }),
  },
  'POST /sign-in/social': {
    counted: 'address',
    body: z
      .object({})
      .transform(() => ({ provider: PROVIDER, callbackURL: '/', errorCallbackURL: '/signin' })),
    answers: ['url'],
  },
  [`GET /callback/${PROVIDER}`]: { counted: 'address', answers: [] },
  'POST /sign-out': { counted: null, answers: [], action: 'session.end' },
  'POST /two-factor/enable': {
    counted: 'account',
    body: z.object({ password }).transform((asked) => ({ ...asked, method: 'totp' })),
    answers: ['totpURI', 'backupCodes'],
    adds: (said) => ('totpURI' in said ? { qr: qrOf(String(said.totpURI)) } : {}),
  },
  'POST /two-factor/disable': {
    counted: 'account',
    body: z.object({ password }),
    answers: [],
    action: 'two-factor.disable',
  },
  'POST /two-factor/generate-backup-codes': {
    counted: 'account',
    body: z.object({ password }),
    answers: ['backupCodes'],
    action: 'two-factor.codes',
  },
  'POST /change-password': {
    counted: 'account',
    body: z
      .object({ currentPassword: password, newPassword: z.string().max(MAX_PASSWORD) })
      .transform((asked) => ({ ...asked, revokeOtherSessions: true })),
    answers: [],
    action: 'password.change',
    also: endHalfSignIns,
  },
};
