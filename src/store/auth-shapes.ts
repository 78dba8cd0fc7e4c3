import type { AuthTables } from './auth-schema.ts';
import type { TableShape } from './shape.ts';

const text = 'text';
const integer = 'integer';

/** Columns and keys of what is kept about people and organisations. */
export const AUTH_SHAPES: { readonly [Name in keyof AuthTables]: TableShape<AuthTables[Name]> } = {
  auth_users: {
    columns: {
      id: text,
      name: text,
      email: text,
      email_verified: integer,
      image: text,
      two_factor: integer,
      created_at: integer,
      updated_at: integer,
    },
    key: ['id'],
  },
  auth_sessions: {
    columns: {
      id: text,
      token: text,
      user_id: text,
      organization: text,
      expires_at: integer,
      ip_address: text,
      user_agent: text,
      created_at: integer,
      updated_at: integer,
    },
    key: ['id'],
  },
  auth_accounts: {
    columns: {
      id: text,
      account_id: text,
      provider_id: text,
      user_id: text,
      access_token: text,
      refresh_token: text,
      id_token: text,
      access_token_expires_at: integer,
      refresh_token_expires_at: integer,
      scope: text,
      password: text,
      created_at: integer,
      updated_at: integer,
    },
    key: ['id'],
  },
  auth_verifications: {
    columns: {
      id: text,
      identifier: text,
      value: text,
      expires_at: integer,
      created_at: integer,
      updated_at: integer,
    },
    key: ['id'],
  },
  auth_two_factors: {
    columns: {
      id: text,
      user_id: text,
      secret: text,
      backup_codes: text,
      verified: integer,
      failures: integer,
      locked_until: integer,
    },
    key: ['id'],
  },
  auth_organizations: { columns: { id: text, name: text, created_at: integer }, key: ['id'] },
  auth_members: {
    columns: { organization: text, user_id: text, role: text, created_at: integer },
    key: ['organization', 'user_id'],
  },
  auth_invitations: {
    columns: {
      id: text,
      organization: text,
      email: text,
      role: text,
      hash: text,
      created_at: integer,
      created_by: text,
      expires_at: integer,
    },
    key: ['id'],
  },
  auth_resets: {
    columns: {
      user_id: text,
      hash: text,
      organization: text,
      second_factor: integer,
      created_at: integer,
      created_by: text,
      expires_at: integer,
    },
    key: ['user_id'],
  },
  auth_limits: { columns: { id: text, count: integer, until: integer }, key: ['id'] },
};
