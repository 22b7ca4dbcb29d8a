/** Whether everything that ever happened to a record is in the history: each transition once, in order. */
import type { OperationRecord, TransitionRecord } from '@holdfast/contracts';
import type { Bus } from '../world/bus.js';
import type { Database } from '../world/database.js';

type Named = TransitionRecord & { uid?: string; volume?: string; host?: string; id?: string };

/** Which records have public events, and what is unique to each of them for ever. */
const nouns: Record<string, { noun: string; identity(record: Named, key: string): string | undefined }> = {
  vms: { noun: 'vm', identity: ({ uid }) => uid },
  hosts: { noun: 'host', identity: ({ host }) => host },
  volumes: { noun: 'volume', identity: ({ volume }) => volume },
  attachments: { noun: 'attachment', identity: ({ volume }) => volume },
  rules: { noun: 'rule', identity: ({ uid }) => uid },
  drains: { noun: 'drain', identity: ({ uid }) => uid },
  cluster: { noun: 'cluster', identity: (_record, key) => key },
};

export class HistoryCheck {
  /** How many transitions each record has had, and in which incarnation it was last written. */
  private readonly counts = new Map<string, { record: string; count: number }>();

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
  ) {
    for (const [name, { noun, identity }] of Object.entries(nouns)) {
      const bucket = bus.bucket<Named>(name);
      const { onWrite, onPutBack } = bucket;
      bucket.onWrite = (before, after) => {
        onWrite(before, after);
        const { key, value } = after;
        if (!value) return;
        const record = `${noun}.${identity(value, key)}`;
        const known = `${value.incarnation}.${record}`;
        // A record that comes with a past: that was told to somebody else, or in the incarnation before.
        const isOld = value.derivedThrough > 0 && this.counts.get(record)?.record !== known;
        if (isOld) this.database.beginAfter(known, value.derivedThrough);
        this.counts.set(record, { record: known, count: value.transitionCount });
      };
      // What was noted since the backup, and not told before the services stopped, is told by nobody.
      bucket.onPutBack = (contents) => {
        onPutBack(contents);
        for (const record of this.counts.keys()) if (record.startsWith(`${noun}.`)) this.counts.delete(record);
        for (const { key, value } of contents) {
          const record = `${noun}.${identity(value, key)}`;
          this.counts.set(record, { record: `${value.incarnation}.${record}`, count: value.transitionCount });
        }
      };
    }
  }

  /** Sentences about what is missing, or not in its order; and about operations that never end. */
  wrong(): string[] {
    const wrong = [...this.database.disorder];
    for (const { record, count } of this.counts.values()) {
      const known = this.database.count(record);
      // More than that are of a time that a restored backup does not know.
      if (known < count) wrong.push(`the history knows ${known} of the ${count} transitions of ${record}`);
    }
    for (const { id, kind, vm, state } of this.bus.bucket<OperationRecord>('operations').values()) {
      if (state === 'running') wrong.push(`operation ${id} (${kind} ${vm}) has not ended`);
    }
    return wrong;
  }
}
