import type { Bus } from '@holdfast/bus';
import type { CloudEvent } from '@holdfast/contracts';
import type { Database } from '../persistence/database.js';
import { defaultRetention, forget, type Retention } from './retention.js';
import { storable, StreamCopy } from './stream-copy.js';

/** Copies the event stream into the database. */
export class HistoryWriter extends StreamCopy<CloudEvent> {
  constructor(
    bus: Bus, database: Database,
    { incarnation, history = defaultRetention }: { incarnation: string; history?: Retention | undefined },
  ) {
    super({
      name: 'history',
      positions: 'history_position',
      follow: (since, onEvent) => bus.followEvents({ since, onEvent }),
      keep: async (manager, events) => {
        await manager.query(
          `INSERT INTO event_history (event_id, at, noun, record, verb, event)
           SELECT row->>'id', (row->>'time')::timestamptz, split_part(row->>'type', '.', 3), row->>'subject',
             split_part(row->>'type', '.', 4), row
           FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS rows (row, place) ORDER BY place
           ON CONFLICT (event_id) DO NOTHING`,
          [storable(events)]);
      },
      forget: (manager) => forget(manager, history, Date.now()),
    }, database, incarnation);
  }
}
