import type { Migration } from './migration.js';

/**
 * How much a project may take up, and what its VMs do. A share is that of a VM (`operation` is empty then), or of a
 * change that makes it larger. Only projects with a quota have shares.
 */
export const quotas: Migration = {
  number: 12,
  name: 'quotas',
  async up(manager) {
    await manager.query(`
      CREATE TABLE project_quotas (
        project text PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
        vms bigint,
        cpus bigint,
        memory_mib bigint,
        disk_mib bigint
      );
      CREATE TABLE quota_shares (
        uid text NOT NULL,
        operation text NOT NULL,
        project text NOT NULL REFERENCES projects ON DELETE CASCADE,
        vms bigint NOT NULL,
        cpus bigint NOT NULL,
        memory_mib bigint NOT NULL,
        disk_mib bigint NOT NULL,
        attempt uuid NOT NULL,
        since timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (uid, operation)
      );
      CREATE INDEX ON quota_shares (project);
    `);
  },
  async down(manager) {
    await manager.query('DROP TABLE quota_shares, project_quotas');
  },
};
