import type { Migration } from './migration.js';

/** Who at an OpenID provider is which user, and sign-ins that were begun there. */
export const oidc: Migration = {
  number: 9,
  name: 'oidc',
  async up(manager) {
    await manager.query(`
      CREATE TABLE oidc_subjects (
        issuer text NOT NULL,
        subject text NOT NULL,
        account_id uuid REFERENCES accounts ON DELETE SET NULL,
        PRIMARY KEY (issuer, subject)
      );
      CREATE INDEX ON oidc_subjects (account_id);
      CREATE TABLE oidc_flows (
        hash text PRIMARY KEY,
        state text NOT NULL,
        nonce text NOT NULL,
        verifier text NOT NULL,
        redirect text NOT NULL,
        address text NOT NULL,
        expires_at timestamptz NOT NULL
      );
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE oidc_flows, oidc_subjects');
  },
};
