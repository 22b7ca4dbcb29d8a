import type { Bucket } from '@holdfast/contracts';
import { BusError, type BucketHandle, type Change, type Entry, type Subscription } from './bus.js';
import { decode, encode } from './codec.js';
import type { Stored } from './follow.js';
import type { MemoryBus } from './memory.js';
import type { MemoryStream } from './memory-stream.js';
import {
  directGetLastSubject,
  directGetSubject,
  isKey,
  kvLiveSubject,
  kvStream,
  kvSubject,
} from './subjects.js';

export class MemoryBucket<T> implements BucketHandle<T> {
  readonly #stream: MemoryStream;

  constructor(
    private readonly bus: MemoryBus,
    private readonly contract: Bucket<T>,
  ) {
    this.#stream = bus.broker.stream(kvStream(contract.name));
  }

  async get(key: string): Promise<Entry<T> | null> {
    const subject = kvSubject(this.contract.name, key);
    this.bus.check('publish', directGetLastSubject(kvStream(this.contract.name), subject));
    await this.bus.later();
    const stored = this.#stream.last(subject);
    if (!stored || stored.removed) return null;
    return { key, value: this.#decode(stored.text, subject), revision: stored.sequence };
  }

  async create(key: string, value: T): Promise<number | null> {
    return this.#store(key, this.#encode(key, value), (last) => !last || last.removed);
  }

  async update(key: string, value: T, revision: number): Promise<number | null> {
    return this.#store(key, this.#encode(key, value), (last) => (last?.sequence ?? 0) === revision);
  }

  async put(key: string, value: T): Promise<number> {
    const revision = await this.#store(key, this.#encode(key, value), () => true);
    return revision ?? 0;
  }

  async remove(key: string, revision: number): Promise<boolean> {
    const removed = await this.#store(key, null, (last) => (last?.sequence ?? 0) === revision);
    return removed !== null;
  }

  async watch(options: {
    key?: string;
    onChange(change: Change<T>): void;
    onReady(): void;
  }): Promise<Subscription> {
    const { name } = this.contract;
    const subject = kvSubject(name, options.key ?? '*');
    const stream = kvStream(name);
    this.bus.check(
      'publish',
      options.key === undefined ? directGetSubject(stream) : directGetLastSubject(stream, subject),
    );
    this.bus.check('subscribe', kvLiveSubject(name, options.key ?? '*'));
    await this.bus.later();
    let ready = false;
    const onMessage = (stored: Stored): void => {
      if (stored.removed && !ready) return;
      const key = stored.subject.slice(kvSubject(name, '').length);
      let value: T | null;
      try {
        value = stored.removed ? null : this.#decode(stored.text, stored.subject);
      } catch (error) {
        this.bus.broker.report({ what: 'invalid-record', where: `${name}/${key}`, error });
        return;
      }
      options.onChange({ key, value, revision: stored.sequence });
    };
    return this.bus.read(this.#stream, subject, 0, onMessage, () => {
      if (ready) return;
      ready = true;
      options.onReady();
    });
  }

  #encode(key: string, value: T): string {
    const where = `${this.contract.name}/${key}`;
    if (!isKey(key)) throw new BusError('invalid', `${where}: not a key`);
    return encode(this.contract.schema, value, where);
  }

  #decode(text: string, where: string): T {
    return decode(this.contract.schema, text, where);
  }

  async #store(
    key: string,
    text: string | null,
    expected: (last: { sequence: number; removed: boolean } | null) => boolean,
  ): Promise<number | null> {
    const subject = kvSubject(this.contract.name, key);
    this.bus.check('publish', subject);
    await this.bus.later();
    if (!expected(this.#stream.last(subject))) return null;
    return this.#stream.append(subject, { text: text ?? '', removed: text === null });
  }
}
