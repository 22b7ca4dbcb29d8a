import type { Migration } from './migration.js';

/** What was: the public events, each once, and how far the stream of each incarnation has been read. */
export const history: Migration = {
  number: 1,
  name: 'history',
  up: async (manager) => {
    await manager.query(`CREATE TABLE event_history (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_id text NOT NULL UNIQUE,
      at timestamptz NOT NULL,
      noun text NOT NULL,
      record text NOT NULL,
      verb text NOT NULL,
      event jsonb NOT NULL)`);
    await manager.query('CREATE INDEX event_history_at ON event_history (at)');
    await manager.query('CREATE INDEX event_history_record ON event_history (noun, record, number)');
    await manager.query(`CREATE TABLE history_position (
      incarnation text PRIMARY KEY,
      sequence bigint NOT NULL,
      written_at timestamptz NOT NULL DEFAULT now())`);
  },
  down: async (manager) => {
    await manager.query('DROP TABLE history_position');
    await manager.query('DROP TABLE event_history');
  },
};
