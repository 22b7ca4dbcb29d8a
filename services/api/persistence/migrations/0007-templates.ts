import type { Migration } from './migration.js';

/** VMs with places for parameters. Each change has another version, by which edits are guarded. */
export const templates: Migration = {
  number: 7,
  name: 'templates',
  async up(manager) {
    await manager.query(`
      CREATE TABLE templates (
        name text PRIMARY KEY,
        version uuid NOT NULL DEFAULT gen_random_uuid(),
        description text NOT NULL,
        parameters jsonb NOT NULL,
        vm jsonb NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now()
      )
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE templates');
  },
};
