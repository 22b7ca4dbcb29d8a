import type { Migration } from './migration.js';

/** Who changed what: only ever added to, each entry bound by its hash to the one before. */
export const audit: Migration = {
  number: 4,
  name: 'audit',
  async up(manager) {
    await manager.query(`
      CREATE TABLE audit_entries (seq bigint PRIMARY KEY, body text NOT NULL, hash text NOT NULL);
      CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is only added to'; END
      $$;
      CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE audit_entries; DROP FUNCTION refuse_change_of_audit()');
  },
};
