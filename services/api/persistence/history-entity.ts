import type { CloudEvent } from '@holdfast/contracts';
import { EntitySchema } from 'typeorm';

/** One public event, in the order of the stream. */
export interface HistoryRow {
  /** A bigint, which the driver gives as text. */
  number: string;
  eventId: string;
  at: Date;
  noun: string;
  /** The record's name: `web1` of `evt.v1.vm.web1.started`. */
  record: string;
  verb: string;
  event: CloudEvent;
}

export const historyEntity = new EntitySchema<HistoryRow>({
  name: 'HistoryRow',
  tableName: 'event_history',
  columns: {
    number: { type: 'bigint', primary: true, generated: 'increment' },
    eventId: { name: 'event_id', type: 'text', unique: true },
    at: { type: 'timestamptz' },
    noun: { type: 'text' },
    record: { type: 'text' },
    verb: { type: 'text' },
    event: { type: 'jsonb' },
  },
});
