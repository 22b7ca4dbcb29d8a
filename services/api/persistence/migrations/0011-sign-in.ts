import type { Migration } from './migration.js';

/** Failed sign-ins are found by their age and by their name, of which there is only a hash. */
export const signIn: Migration = {
  number: 11,
  name: 'sign-in',
  async up(manager) {
    await manager.query(`
      DELETE FROM login_failures;
      ALTER TABLE login_failures ADD COLUMN name_hash text NOT NULL;
      CREATE INDEX login_failures_last_at ON login_failures (last_at);
      CREATE INDEX login_failures_name ON login_failures (name_hash);
    `);
  },
  async down(manager) {
    await manager.query(`
      DROP INDEX login_failures_last_at;
      ALTER TABLE login_failures DROP COLUMN name_hash;
    `);
  },
};
