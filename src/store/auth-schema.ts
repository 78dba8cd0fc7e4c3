/** Rows about people and organisations: they belong to no tenant; an organisation's id is one. */
type Millis = number;
/** 0 or 1. */
type Flag = number;

export interface AuthUserRow {
  id: string;
  name: string;
  /** In lower case. */
  email: string;
  email_verified: Flag;
  image: string | null;
  two_factor: Flag | null;
  created_at: Millis;
  updated_at: Millis;
}

export interface AuthSessionRow {
  id: string;
  /** Worth nothing without the signature of the installation's key. */
  token: string;
  user_id: string;
  /** Whose part of the store this session works in; null: of no organisation. */
  organization: string | null;
  expires_at: Millis;
  ip_address: string | null;
  user_agent: string | null;
  created_at: Millis;
  updated_at: Millis;
}

export interface AuthAccountRow {
  id: string;
  account_id: string;
  /** `credential`: a password; else the id of an OIDC provider. */
  provider_id: string;
  user_id: string;
  access_token: string | null;
  refresh_token: string | null;
  id_token: string | null;
  access_token_expires_at: Millis | null;
  refresh_token_expires_at: Millis | null;
  scope: string | null;
  /** `salt:key` of scrypt, hex. */
  password: string | null;
  created_at: Millis;
  updated_at: Millis;
}

export interface AuthVerificationRow {
  id: string;
  identifier: string;
  value: string;
  expires_at: Millis;
  created_at: Millis;
  updated_at: Millis;
}

export interface AuthTwoFactorRow {
  id: string;
  user_id: string;
  /** Encrypted with the installation's key, as the codes are. */
  secret: string;
  backup_codes: string;
  verified: Flag | null;
  failures: number | null;
  locked_until: Millis | null;
}

export interface AuthOrganizationRow {
  /** A tenant. */
  id: string;
  name: string;
  created_at: Millis;
}

export interface AuthMemberRow {
  organization: string;
  user_id: string;
  role: string;
  created_at: Millis;
}

export interface AuthInvitationRow {
  id: string;
  organization: string;
  email: string;
  role: string;
  /** SHA-256 of the link's token, hex. */
  hash: string;
  created_at: Millis;
  created_by: string;
  expires_at: Millis;
}

/** A link by which somebody chooses a new password. */
export interface AuthResetRow {
  user_id: string;
  /** SHA-256 of the link's token, hex. */
  hash: string;
  /** Whose admin made it; null: who runs the server. */
  organization: string | null;
  /** Whether using it switches the second factor off. */
  second_factor: Flag;
  created_at: Millis;
  created_by: string;
  expires_at: Millis;
}

/** Attempts counted in a window of time. */
export interface AuthLimitRow {
  /** `address:…` or `account:…`. */
  id: string;
  count: number;
  until: Millis;
}

export interface AuthTables {
  auth_users: AuthUserRow;
  auth_sessions: AuthSessionRow;
  auth_accounts: AuthAccountRow;
  auth_verifications: AuthVerificationRow;
  auth_two_factors: AuthTwoFactorRow;
  auth_organizations: AuthOrganizationRow;
  auth_members: AuthMemberRow;
  auth_invitations: AuthInvitationRow;
  auth_resets: AuthResetRow;
  auth_limits: AuthLimitRow;
}
