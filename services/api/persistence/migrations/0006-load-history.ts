import type { Migration } from './migration.js';

/** What hosts and their VMs used, a quarter of an hour a row. */
export const loadHistory: Migration = {
  number: 6,
  name: 'load-history',
  async up(manager) {
    await manager.query(`
      CREATE TABLE load_history (
        host text NOT NULL,
        at_ms bigint NOT NULL,
        samples integer NOT NULL,
        machine jsonb NOT NULL,
        vms jsonb NOT NULL,
        PRIMARY KEY (host, at_ms)
      );
      CREATE INDEX ON load_history (at_ms);
      CREATE INDEX ON load_history USING gin (vms);
      CREATE TABLE load_position (
        incarnation text PRIMARY KEY,
        sequence bigint NOT NULL,
        written_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE load_position, load_history');
  },
};
