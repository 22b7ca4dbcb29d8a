import type { Migration } from './migration.js';

/** When an audit entry was made, which only its text says; the index of it finds a span of time in a long log. */
export const auditedAtMs = "((body::jsonb ->> 'atMs')::bigint)";

export const auditTime: Migration = {
  number: 13,
  name: 'audit-time',
  async up(manager) {
    await manager.query(`CREATE INDEX audit_entries_time ON audit_entries (${auditedAtMs}, seq)`);
  },
  async down(manager) {
    await manager.query('DROP INDEX audit_entries_time');
  },
};
