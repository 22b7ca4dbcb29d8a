import type { Bus, Entry, Subscription } from '@holdfast/bus';
import type { Bucket } from '@holdfast/contracts';

/** A watched copy of one bucket in memory. It may lag: decide on it, but act only after a compare-and-set. */
export class Projection<T> {
  private readonly records = new Map<string, Entry<T>>();
  private readonly listeners = new Set<(key: string, entry: Entry<T> | null) => void>();
  private subscription: Subscription | null = null;
  private isReady = false;
  /** Newest revision seen; an own write that the watch has overtaken is not applied again. */
  private newestRevision = 0;

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

  values(): T[] {
    return [...this.records.values()].map((entry) => entry.value);
  }

  onChange(listener: (key: string, entry: Entry<T> | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Shows a write of our own at once, so that the next decision sees it. `value` null: removed. */
  apply(key: string, value: T | null, revision: number): void {
    const known = this.records.get(key);
    if (known ? revision <= known.revision : revision < this.newestRevision && value === null) return;
    this.newestRevision = Math.max(this.newestRevision, revision);
    const entry = value === null ? null : { key, value, revision };
    if (entry) this.records.set(key, entry);
    else this.records.delete(key);
    for (const listener of this.listeners) listener(key, entry);
  }

  async close(): Promise<void> {
    await this.subscription?.close();
    this.listeners.clear();
  }
}
