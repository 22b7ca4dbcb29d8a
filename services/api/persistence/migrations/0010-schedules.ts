import type { Migration } from './migration.js';

/** What is to be done to VMs at times to come, by whose rights, and what became of it the last time. */
export const schedules: Migration = {
  number: 10,
  name: 'schedules',
  async up(manager) {
    await manager.query(`
      CREATE TABLE schedules (
        id uuid PRIMARY KEY,
        name text NOT NULL UNIQUE,
        vm text NOT NULL,
        vm_uid text NOT NULL,
        action text NOT NULL,
        force boolean NOT NULL,
        at timestamptz,
        cron text,
        time_zone text NOT NULL,
        grace_minutes integer NOT NULL,
        owner_kind text NOT NULL,
        owner_id text NOT NULL,
        owner_name text NOT NULL,
        next_at timestamptz,
        claimed_until timestamptz,
        last_due_at timestamptz,
        last_outcome text,
        last_detail text,
        last_operation text,
        created_at timestamptz NOT NULL,
        CHECK (num_nonnulls(at, cron) = 1)
      );
      CREATE INDEX ON schedules (next_at);
      CREATE INDEX ON schedules (vm);
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE schedules');
  },
};
