import type { Process } from '../engine/process.js';
import type { Bus, Outcome } from './bus.js';
import type { EventStream } from './event-stream.js';
import type { StreamLeader } from './stream-leader.js';

/** One record and the revision it has; `value` null after its removal. */
export interface Stored<T> {
  key: string;
  value: T | null;
  revision: number;
}

interface Watch<T> {
  process: Process;
  life: number;
  key: string | null;
  onChange(change: Stored<T>): void;
  /** Revision up to which everything was delivered. */
  cursor: number;
  /** In order: nothing is delivered before what came earlier. */
  notBeforeMs: number;
  /** It missed something while it was cut off. */
  isBehind: boolean;
  isCatchingUp: boolean;
  /** The names of its streams. */
  delays: string;
  lags: string;
}

/** Older versions of a record that a follower may still answer with. */
const keptVersions = 4;
/** The same, while a follower lags. */
const keptForFollowers = 64;

/** One JetStream KV bucket: compare-and-set on the revision, watches that lag, reads that may be stale. */
export class SimBucket<T> {
  /** Called with each write as it happens: the checkers look here. */
  onWrite: (before: T | null, after: Stored<T>) => void = () => undefined;
  /** Called when the records of a backup are in it. */
  onPutBack: (contents: readonly { key: string; value: T }[]) => void = () => undefined;
  /** Extra delay of watches, while a fault lasts. */
  watchLagMs = 0;
  /** The share of reads that a follower answers from the past. */
  staleReads = 0;
  /** Planted bug: a write succeeds whatever the revision. */
  ignoresRevision = false;
  /** Whoever watches would pass over a write that is none, so it is not told. */
  isNews: (before: T, after: T) => boolean = () => true;
  private readonly records = new Map<string, Stored<T>>();
  private readonly versions = new Map<string, Stored<T>[]>();
  private watches: Watch<T>[] = [];
  private revision = 0;
  private readonly stream: StreamLeader;
  private readonly kinds: Record<'get' | 'create' | 'update' | 'put' | 'remove', string>;

  constructor(
    readonly name: string,
    private readonly bus: Bus,
  ) {
    this.stream = bus.stream(name);
    this.kinds = {
      get: `get ${name}`,
      create: `create ${name}`,
      update: `update ${name}`,
      put: `put ${name}`,
      remove: `remove ${name}`,
    };
  }

  /** Where public events go, if anybody follows them. */
  get events(): EventStream | null {
    return this.bus.events;
  }

  /** The server that stores what is written to it; null while none does. */
  get leader(): string | null {
    return this.stream.current();
  }

  /** The truth, for the checkers. */
  value(key: string): T | null {
    return this.records.get(key)?.value ?? null;
  }

  values(): T[] {
    const values: T[] = [];
    for (const { value } of this.records.values()) if (value !== null) values.push(value);
    return values;
  }

  /** As it is when the run begins. */
  load(key: string, value: T): void {
    this.write(key, value);
  }

  /** Every present record, as a backup holds it. */
  contents(): Stored<T>[] {
    return [...this.records.values()].filter(({ value }) => value !== null);
  }

  /** The records are as they were then, at new revisions; nobody decided that, so no checker is asked. */
  putBack(contents: readonly Stored<T>[]): void {
    const { onWrite } = this;
    this.onWrite = () => undefined;
    const kept = new Set(contents.map(({ key }) => key));
    for (const { key } of this.contents()) if (!kept.has(key)) this.write(key, null);
    for (const { key, value } of contents) this.write(key, value);
    this.versions.clear();
    this.onWrite = onWrite;
    this.onPutBack(contents.flatMap(({ key, value }) => (value === null ? [] : [{ key, value }])));
  }

  get(process: Process, key: string, done: (outcome: Outcome<Stored<T> | null>) => void): void {
    const operation = { kind: this.kinds.get, key, stream: this.stream, reads: true };
    this.bus.operate(process, operation, (server) => this.read(key, server), done);
  }

  /** The new revision, or null when the key exists. */
  create(process: Process, key: string, value: T, done: (outcome: Outcome<number | null>) => void): void {
    // On the wire it names what it follows, nothing or a removal: one that arrives late, or again, finds it taken.
    const follows = this.records.get(key)?.revision ?? 0;
    const apply = (): number | null => {
      const record = this.records.get(key);
      const isTaken = (record?.value ?? null) !== null || (record?.revision ?? 0) !== follows;
      return isTaken ? null : this.write(key, value);
    };
    this.bus.operate(process, { kind: this.kinds.create, key, stream: this.stream }, apply, done);
  }

  /** The new revision, or null when the record has moved past `revision`. */
  update(
    process: Process,
    key: string,
    value: T,
    revision: number,
    done: (outcome: Outcome<number | null>) => void,
  ): void {
    const apply = (): number | null =>
      this.records.get(key)?.revision === revision || this.ignoresRevision ? this.write(key, value) : null;
    this.bus.operate(process, { kind: this.kinds.update, key, stream: this.stream }, apply, done);
  }

  put(process: Process, key: string, value: T, done: (outcome: Outcome<number>) => void): void {
    this.bus.operate(process, { kind: this.kinds.put, key, stream: this.stream }, () => this.write(key, value), done);
  }

  remove(process: Process, key: string, revision: number, done: (outcome: Outcome<number | null>) => void): void {
    const apply = (): number | null =>
      this.records.get(key)?.revision === revision ? this.write(key, null) : null;
    this.bus.operate(process, { kind: this.kinds.remove, key, stream: this.stream }, apply, done);
  }

  /** Every present record, then `onReady`, then each change in order; after a gap whatever changed in it. */
  watch(
    process: Process,
    options: { key?: string; onChange(change: Stored<T>): void; onReady(): void },
  ): void {
    const { key = null, onChange, onReady } = options;
    const watch: Watch<T> = {
      process,
      life: process.life,
      key,
      onChange,
      cursor: -1,
      notBeforeMs: 0,
      isBehind: false,
      isCatchingUp: true,
      delays: `watch/${process.machine.name}`,
      lags: `lag/${process.name}`,
    };
    this.watches.push(watch);
    this.open(watch, onReady);
  }

  private open(watch: Watch<T>, onReady: () => void): void {
    const { process } = watch;
    const server = this.bus.serverOf(process.machine.name);
    if (server === null) {
      process.after(300, () => this.open(watch, onReady));
      return;
    }
    const upTo = Math.min(this.revision, this.stream.behind.get(server) ?? Infinity);
    const snapshot = this.newerThan(-1, watch.key, upTo);
    process.after(this.delayMs(watch), () => {
      for (const change of snapshot) if (change.value !== null) watch.onChange(change);
      watch.cursor = upTo;
      watch.isCatchingUp = false;
      onReady();
      if (this.revision > upTo) this.catchUp(watch);
    });
  }

  private read(key: string, server: string): Stored<T> | null {
    const limit = this.stream.behind.get(server);
    if (limit !== undefined) {
      const known = this.versionAt(key, limit);
      return known && known.value !== null ? known : null;
    }
    const versions = this.versions.get(key);
    if (this.staleReads > 0 && versions) {
      const random = this.bus.loop.random('stale-reads');
      if (random.next() < this.staleReads) {
        const old = versions[random.integer(versions.length)];
        return old && old.value !== null ? old : null;
      }
    }
    const record = this.records.get(key);
    return record && record.value !== null ? record : null;
  }

  private write(key: string, value: T | null): number {
    this.revision += 1;
    this.stream.revision = this.revision;
    const before = this.records.get(key) ?? null;
    const after: Stored<T> = { key, value, revision: this.revision };
    this.records.set(key, after);
    if (before) {
      const versions = this.versions.get(key) ?? [];
      versions.push(before);
      if (versions.length > (this.stream.behind.size > 0 ? keptForFollowers : keptVersions)) versions.shift();
      this.versions.set(key, versions);
    }
    this.onWrite(before?.value ?? null, after);
    const known = before?.value ?? null;
    if (known === null || value === null || this.isNews(known, value)) this.tell(after);
    return this.revision;
  }

  private tell(change: Stored<T>): void {
    let hasEnded = false;
    for (const watch of this.watches) {
      const { process } = watch;
      if (!process.alive || process.life !== watch.life) hasEnded = true;
      else if (watch.key === null || watch.key === change.key) this.send(watch, change);
    }
    if (hasEnded) this.watches = this.watches.filter(({ process, life }) => process.alive && process.life === life);
  }

  private send(watch: Watch<T>, change: Stored<T>): void {
    const { loop } = this.bus;
    const atMs = Math.max(loop.nowMs + this.delayMs(watch), watch.notBeforeMs);
    watch.notBeforeMs = atMs;
    watch.process.task(atMs - loop.nowMs, () => {
      if (watch.isCatchingUp || change.revision <= watch.cursor) return;
      if (watch.isBehind || !this.isFed(watch)) {
        watch.isBehind = true;
        this.catchUp(watch);
        return;
      }
      watch.cursor = change.revision;
      watch.onChange(change);
      if (this.bus.network.redelivery > 0) this.repeat(watch, change);
    });
  }

  /** Told once more, after what came later. */
  private repeat(watch: Watch<T>, change: Stored<T>): void {
    const { network } = this.bus;
    const stream = `watch/${watch.process.machine.name}`;
    if (!network.isLate(stream, network.redelivery)) return;
    watch.process.after(network.lateMs(stream), () => watch.onChange(change));
  }

  /** Its server is connected to it, and to the leader. */
  private isFed({ process }: Watch<T>): boolean {
    const server = this.bus.serverOf(process.machine.name);
    return server !== null && !this.stream.behind.has(server);
  }

  /** After a gap: everything newer, in order. */
  private catchUp(watch: Watch<T>): void {
    if (watch.isCatchingUp) return;
    watch.isCatchingUp = true;
    const again = (): void => {
      if (!this.isFed(watch)) {
        watch.process.after(400, again);
        return;
      }
      for (const change of this.newerThan(watch.cursor, watch.key)) {
        watch.cursor = Math.max(watch.cursor, change.revision);
        watch.onChange(change);
      }
      watch.isCatchingUp = false;
      watch.isBehind = false;
    };
    watch.process.after(this.delayMs(watch) + 20, again);
  }

  private newerThan(revision: number, key: string | null, upTo = Infinity): Stored<T>[] {
    const newer: Stored<T>[] = [];
    for (const record of this.records.values()) {
      if (record.revision <= revision || (key !== null && record.key !== key)) continue;
      const known = record.revision <= upTo ? record : this.versionAt(record.key, upTo);
      if (known) newer.push(known);
    }
    return newer.sort((a, b) => a.revision - b.revision);
  }

  /** What a follower holds that stopped at that revision; null when that is too long ago to tell. */
  private versionAt(key: string, upTo: number): Stored<T> | null {
    const record = this.records.get(key);
    if (record && record.revision <= upTo) return record;
    return this.versions.get(key)?.findLast(({ revision }) => revision <= upTo) ?? null;
  }

  private delayMs({ delays, lags }: Watch<T>): number {
    const lagMs = this.watchLagMs === 0 ? 0 : this.bus.loop.random(lags).integer(this.watchLagMs);
    return this.bus.network.delayMs(delays) + lagMs;
  }
}
