import { defaultProject } from '@holdfast/contracts';
import type { Migration } from './migration.js';

/** Whose an event is, as `projectOfEvent` has it: null for what no project owns. Its query has to say just this. */
export const projectOfRow = `coalesce(event ->> 'project', CASE noun WHEN 'vm' THEN '${defaultProject}' END)`;

/** The cluster's own project is one like the others, and what happened is found by its project. */
export const projects: Migration = {
  number: 8,
  name: 'projects',
  async up(manager) {
    await manager.query(
      `INSERT INTO projects (name, description, created_at) VALUES ($1, 'the cluster''s own', now())
       ON CONFLICT DO NOTHING`, [defaultProject]);
    await manager.query(`CREATE INDEX event_history_project ON event_history ((${projectOfRow}), number)`);
  },
  async down(manager) {
    await manager.query('DROP INDEX event_history_project');
    await manager.query('DELETE FROM projects WHERE name = $1', [defaultProject]);
  },
};
