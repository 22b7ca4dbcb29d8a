import type { Migration } from './migration.js';

/** Who there is, what they may do, and how they prove who they are. Of secrets only hashes. */
export const identity: Migration = {
  number: 2,
  name: 'identity',
  async up(manager) {
    await manager.query(`
      CREATE TABLE accounts (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('user', 'service')),
        name text NOT NULL UNIQUE,
        password_hash text,
        created_at timestamptz NOT NULL
      );
      CREATE TABLE account_groups (name text PRIMARY KEY, created_at timestamptz NOT NULL);
      CREATE TABLE group_members (
        group_name text NOT NULL REFERENCES account_groups ON DELETE CASCADE,
        account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
        PRIMARY KEY (group_name, account_id)
      );
      CREATE INDEX ON group_members (account_id);
      CREATE TABLE projects (name text PRIMARY KEY, description text NOT NULL, created_at timestamptz NOT NULL);
      CREATE TABLE own_roles (
        name text PRIMARY KEY,
        means text NOT NULL,
        permissions text[] NOT NULL,
        created_at timestamptz NOT NULL
      );
      CREATE TABLE role_grants (
        id uuid PRIMARY KEY,
        role text NOT NULL,
        account_id uuid REFERENCES accounts ON DELETE CASCADE,
        group_name text REFERENCES account_groups ON DELETE CASCADE,
        project text REFERENCES projects ON DELETE CASCADE,
        created_at timestamptz NOT NULL,
        CHECK (num_nonnulls(account_id, group_name) = 1),
        UNIQUE NULLS NOT DISTINCT (role, account_id, group_name, project)
      );
      CREATE INDEX ON role_grants (account_id);
      CREATE TABLE access_tokens (
        id uuid PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind IN ('token', 'session')),
        name text NOT NULL,
        hash text NOT NULL UNIQUE,
        scope text[],
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        idle_ms bigint,
        last_used_at timestamptz NOT NULL,
        used boolean NOT NULL DEFAULT false
      );
      CREATE INDEX ON access_tokens (account_id);
      CREATE TABLE login_failures (
        key text PRIMARY KEY,
        failures integer NOT NULL,
        locked_until timestamptz NOT NULL,
        last_at timestamptz NOT NULL
      );
      CREATE TABLE setup_codes (hash text PRIMARY KEY, expires_at timestamptz NOT NULL);
    `);
  },
  async down(manager) {
    await manager.query(`
      DROP TABLE setup_codes, login_failures, access_tokens, role_grants, own_roles, projects, group_members,
        account_groups, accounts
    `);
  },
};
