import type { Bus, Entry, Subscription } from '@holdfast/bus';
import type { Bucket } from '@holdfast/contracts';

const maxRemovals = 4096;

/** A watched copy of one bucket in memory. It may lag: decide on it, but act only after a compare-and-set. */
export class Projection<T> {
  private readonly records = new Map<string, Entry<T>>();
  private readonly intents = new Map<string, T>();
  private readonly listeners = new Set<(key: string, entry: Entry<T> | null, before: T | null) => void>();
  private readonly intentListeners = new Set<(key: string) => void>();
  private subscription: Subscription | null = null;
  private isReady = false;
  private heldValues: T[] | null = null;
  /** Kept up once somebody has asked for it. */
  private sortedKeys: string[] | null = null;
  /** Revisions of removals: a stale read that comes after one must not bring the record back. */
  private readonly removals = new Map<string, number>();

  constructor(
    private readonly bus: Bus,
    readonly contract: Bucket<T>,
    private readonly onlyKey?: string,
  ) {}

  get ready(): boolean {
    return this.isReady;
  }

  get size(): number {
    return this.records.size;
  }

  /** Resolves when every present record has arrived. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.bus
        .bucket(this.contract)
        .watch({
          ...(this.onlyKey === undefined ? {} : { key: this.onlyKey }),
          onChange: ({ key, value, revision }) => this.apply(key, value, revision),
          onReady: () => {
            this.isReady = true;
            resolve();
          },
        })
        .then((subscription) => {
          this.subscription = subscription;
        }, reject);
    });
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

  entries(): Entry<T>[] {
    return [...this.records.values()];
  }

  /** The same array until a record changes. */
  values(): T[] {
    this.heldValues ??= this.entries().map((entry) => entry.value);
    return this.heldValues;
  }

  /** In the order of their keys, those that come after this one; for who needs a few of many. */
  * valuesAfter(key: string | null): Iterable<T> {
    this.sortedKeys ??= this.keys().sort();
    const keys = this.sortedKeys;
    for (let at = key === null ? 0 : positionAfter(keys, key); at < keys.length; at += 1) {
      const value = this.value(keys[at] ?? '');
      if (value !== null) yield value;
    }
  }

  /** Like `values`, with what this process is about to store: for sums over many records, such as room on a host. */
  intendedValues(): T[] {
    if (this.intents.size === 0) return this.values();
    const present = this.entries().map(({ key, value }) => this.intents.get(key) ?? value);
    const fresh = [...this.intents].filter(([key]) => !this.records.has(key));
    return [...present, ...fresh.map(([, value]) => value)];
  }

  intendedValue(key: string): T | null {
    return this.intents.get(key) ?? this.value(key);
  }

  /** No write of ours is under way. */
  isStored(key: string): boolean {
    return !this.intents.has(key);
  }

  /** A write of ours is under way; the returned function ends it, whatever became of it. */
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
    this.intentListeners.add(listener);
  }

  private tellIntended(key: string): void {
    for (const listener of this.intentListeners) listener(key);
  }

  /** Told of each change, with the value before it. */
  onChange(listener: (key: string, entry: Entry<T> | null, before: T | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Shows a write of our own at once, so that the next decision sees it. `value` null: removed. */
  apply(key: string, value: T | null, revision: number): void {
    const before = this.value(key);
    const knownRevision = this.records.get(key)?.revision ?? this.removals.get(key) ?? 0;
    if (revision <= knownRevision) return;
    const entry = value === null ? null : { key, value, revision };
    if (this.sortedKeys) keepSorted(this.sortedKeys, key, this.records.has(key), entry !== null);
    if (entry) this.records.set(key, entry);
    else this.remember(key, revision);
    this.heldValues = null;
    this.tellIntended(key);
    for (const listener of this.listeners) listener(key, entry, before);
  }

  private remember(key: string, revision: number): void {
    this.records.delete(key);
    this.removals.delete(key);
    this.removals.set(key, revision);
    const [oldest] = this.removals.keys();
    if (this.removals.size > maxRemovals && oldest !== undefined) this.removals.delete(oldest);
  }

  async close(): Promise<void> {
    await this.subscription?.close();
    this.listeners.clear();
    this.intentListeners.clear();
  }
}

/** How many of the sorted keys are not greater than this one. */
function positionAfter(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keepSorted(sorted: string[], key: string, was: boolean, is: boolean): void {
  if (was === is) return;
  const at = positionAfter(sorted, key);
  if (is) sorted.splice(at, 0, key);
  else sorted.splice(at - 1, 1);
}
