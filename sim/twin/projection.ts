import type { Process } from '../engine/process.js';
import type { SimBucket } from '../world/bucket.js';

export interface Entry<T> {
  key: string;
  value: T;
  revision: number;
}

/** A watched copy of one bucket, as the services hold it. It may lag. */
export class TwinProjection<T> {
  ready = false;
  private readonly records = new Map<string, Entry<T>>();
  private readonly listeners: ((key: string, entry: Entry<T> | null, before: T | null) => void)[] = [];
  private readonly intents = new Map<string, T>();
  private readonly intentListeners: ((key: string) => void)[] = [];
  private readonly removals = new Map<string, number>();
  private valuesHeld: T[] | null = null;
  private intendedHeld: T[] | null = null;
  /** Where each record stands in it. */
  private readonly intendedAt = new Map<string, number>();

  constructor(
    private readonly process: Process,
    readonly bucket: SimBucket<T>,
    private readonly onlyKey?: string,
  ) {}

  start(onReady: () => void): void {
    this.bucket.watch(this.process, {
      ...(this.onlyKey === undefined ? {} : { key: this.onlyKey }),
      onChange: ({ key, value, revision }) => this.apply(key, value, revision),
      onReady: () => {
        this.ready = true;
        onReady();
      },
    });
  }

  get size(): number {
    return this.records.size;
  }

  get(key: string): Entry<T> | null {
    return this.records.get(key) ?? null;
  }

  value(key: string): T | null {
    return this.records.get(key)?.value ?? null;
  }

  keys(): string[] {
    return [...this.records.keys()];
  }

  entries(): IterableIterator<Entry<T>> {
    return this.records.values();
  }

  values(): T[] {
    this.valuesHeld ??= [...this.records.values()].map((entry) => entry.value);
    return this.valuesHeld;
  }

  /** Like `values`, with what this process is about to store. Not to be kept: it changes with what is stored. */
  intendedValues(): T[] {
    return (this.intendedHeld ??= this.holdIntended());
  }

  private holdIntended(): T[] {
    const intended: T[] = [];
    this.intendedAt.clear();
    for (const { key, value } of this.records.values()) {
      this.intendedAt.set(key, intended.length);
      intended.push(this.intents.get(key) ?? value);
    }
    for (const [key, value] of this.intents) if (!this.records.has(key)) intended.push(value);
    return intended;
  }

  /** In its place, if that is still the same: a write must not cost a look at every record there is. */
  private renewIntended(key: string): void {
    if (!this.intendedHeld) return;
    const at = this.intendedAt.get(key);
    const record = this.records.get(key);
    if (at === undefined || !record) this.intendedHeld = null;
    else this.intendedHeld[at] = this.intents.get(key) ?? record.value;
  }

  intendedValue(key: string): T | null {
    return this.intents.get(key) ?? this.value(key);
  }

  /** No write of ours is under way. */
  isStored(key: string): boolean {
    return !this.intents.has(key);
  }

  /** A write of ours is under way; the returned function ends it. */
  intend(key: string, value: T): () => void {
    this.intents.set(key, value);
    this.tellIntended(key);
    return () => {
      if (this.intents.get(key) !== value) return;
      this.intents.delete(key);
      this.tellIntended(key);
    };
  }

  /** Told of each key of which `intendedValue` may have changed. */
  onIntendedChange(listener: (key: string) => void): void {
    this.intentListeners.push(listener);
  }

  private tellIntended(key: string): void {
    this.renewIntended(key);
    for (const listener of this.intentListeners) listener(key);
  }

  /** Told of each change, with the value before it. */
  onChange(listener: (key: string, entry: Entry<T> | null, before: T | null) => void): void {
    this.listeners.push(listener);
  }

  /** A bug of tests: what was read counts, however old. */
  believe(key: string, value: T, revision: number): void {
    this.records.set(key, { key, value, revision });
    this.valuesHeld = null;
    this.tellIntended(key);
  }

  apply(key: string, value: T | null, revision: number): void {
    const before = this.value(key);
    const knownRevision = this.records.get(key)?.revision ?? this.removals.get(key) ?? 0;
    if (revision <= knownRevision) return;
    const entry = value === null ? null : { key, value, revision };
    if (entry) this.records.set(key, entry);
    else {
      this.records.delete(key);
      this.removals.set(key, revision);
    }
    this.valuesHeld = null;
    this.tellIntended(key);
    for (const listener of this.listeners) listener(key, entry, before);
  }
}

/** Starts them all; calls back once each has its snapshot. */
export function startAll(projections: { start(onReady: () => void): void }[], onReady: () => void): void {
  let left = projections.length;
  for (const projection of projections) {
    projection.start(() => {
      left -= 1;
      if (left === 0) onReady();
    });
  }
}
