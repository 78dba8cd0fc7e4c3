import type { Migration, Types } from './migration.ts';

/** People, how they sign in, and the organisations they belong to. An organisation's id is a tenant. */
export const auth: Migration = {
  version: 3,
  name: 'auth',
  statements: (types) => [...people(types), ...organizations(types)],
};

/** What better-auth keeps (its schema, version 1.7), in names and types of ours. */
function people({ text, integer }: Types): readonly string[] {
  return [
    `create table auth_users (
      id ${text} not null primary key, name ${text} not null, email ${text} not null,
      email_verified ${integer} not null, image ${text}, two_factor ${integer},
      created_at ${integer} not null, updated_at ${integer} not null)`,
    'create unique index auth_users_by_email on auth_users (email)',
    `create table auth_sessions (
      id ${text} not null primary key, token ${text} not null, user_id ${text} not null,
      organization ${text}, expires_at ${integer} not null, ip_address ${text}, user_agent ${text},
      created_at ${integer} not null, updated_at ${integer} not null)`,
    'create unique index auth_sessions_by_token on auth_sessions (token)',
    'create index auth_sessions_by_user on auth_sessions (user_id)',
    `create table auth_accounts (
      id ${text} not null primary key, account_id ${text} not null, provider_id ${text} not null,
      user_id ${text} not null, access_token ${text}, refresh_token ${text}, id_token ${text},
      access_token_expires_at ${integer}, refresh_token_expires_at ${integer}, scope ${text},
      password ${text}, created_at ${integer} not null, updated_at ${integer} not null)`,
    'create index auth_accounts_by_user on auth_accounts (user_id)',
    'create unique index auth_accounts_by_provider on auth_accounts (provider_id, account_id)',
    `create table auth_verifications (
      id ${text} not null primary key, identifier ${text} not null, value ${text} not null,
      expires_at ${integer} not null, created_at ${integer} not null,
      updated_at ${integer} not null)`,
    'create index auth_verifications_by_identifier on auth_verifications (identifier)',
    `create table auth_two_factors (
      id ${text} not null primary key, user_id ${text} not null, secret ${text} not null,
      backup_codes ${text} not null, verified ${integer}, failures ${integer},
      locked_until ${integer})`,
    'create index auth_two_factors_by_user on auth_two_factors (user_id)',
  ];
}

function organizations({ text, integer }: Types): readonly string[] {
  return [
    `create table auth_organizations (
      id ${text} not null primary key, name ${text} not null, created_at ${integer} not null)`,
    `create table auth_members (
      organization ${text} not null, user_id ${text} not null, role ${text} not null,
      created_at ${integer} not null, primary key (organization, user_id))`,
    'create index auth_members_by_user on auth_members (user_id)',
    `create table auth_invitations (
      id ${text} not null primary key, organization ${text} not null, email ${text} not null,
      role ${text} not null, hash ${text} not null, created_at ${integer} not null,
      created_by ${text} not null, expires_at ${integer} not null)`,
    'create unique index auth_invitations_by_hash on auth_invitations (hash)',
    'create unique index auth_invitations_by_email on auth_invitations (organization, email)',
    `create table auth_resets (
      user_id ${text} not null primary key, hash ${text} not null, organization ${text},
      second_factor ${integer} not null, created_at ${integer} not null,
      created_by ${text} not null, expires_at ${integer} not null)`,
    'create unique index auth_resets_by_hash on auth_resets (hash)',
    `create table auth_limits (
      id ${text} not null primary key, count ${integer} not null, until ${integer} not null)`,
  ];
}
