import type { Migration } from './migration.js';

/** Usage is counted from these events of VMs alone: few of many. Its query has to say just this. */
export const usageEvents = `noun = 'vm' AND verb IN ('requested', 'started', 'resized', 'halted', 'stopped', `
  + `'shut-down', 'crashed', 'failed', 'recovering', 'self-fenced', 'released', 'restored', 'deleted')`;

export const usage: Migration = {
  number: 3,
  name: 'usage',
  up: async (manager) => {
    await manager.query(`CREATE INDEX event_history_usage ON event_history (number) WHERE ${usageEvents}`);
  },
  down: async (manager) => {
    await manager.query('DROP INDEX event_history_usage');
  },
};
