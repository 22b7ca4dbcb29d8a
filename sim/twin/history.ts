/**
 * The follower that keeps the public events in a database: in batches, each with the place in the stream that it
 * reaches, in one transaction. The stream is its only queue: it may be away for as long as the stream keeps events.
 */
import { Process, type Machine } from '../engine/process.js';
import type { Database } from '../world/database.js';
import type { EventStream } from '../world/event-stream.js';

const maxBatch = 200;
const gatherMs = 50;
const pollMs = 5000;
const retryMs = 1000;

export class TwinHistory {
  readonly process: Process;
  /** As far as this process knows the history to reach; null when it has to ask. */
  private cursor: number | null = null;
  private isBusy = false;
  private isToLook = false;

  constructor(
    machine: Machine,
    private readonly events: EventStream,
    private readonly database: Database,
  ) {
    this.process = new Process(machine, `api/${machine.name}`);
  }

  start(): void {
    const { process } = this;
    process.start();
    this.cursor = null;
    this.isBusy = false;
    this.isToLook = false;
    this.events.follow(process, () => this.lookSoon(gatherMs));
    this.poll();
  }

  private poll(): void {
    this.lookSoon(0);
    this.process.after(pollMs, () => this.poll());
  }

  private lookSoon(delayMs: number): void {
    if (this.isToLook || !this.process.alive) return;
    this.isToLook = true;
    this.process.after(delayMs, () => {
      this.isToLook = false;
      if (!this.isBusy) this.look();
    });
  }

  private look(): void {
    this.isBusy = true;
    const { cursor, process } = this;
    if (cursor === null) {
      this.database.readThrough(process, (known) => {
        this.cursor = known;
        this.goOn(known === null ? retryMs : 0);
      });
      return;
    }
    this.events.read(process, cursor, maxBatch, (batch) => {
      if (batch === null) this.goOn(retryMs);
      else if (batch.length === 0) this.isBusy = false;
      else {
        const through = cursor + batch.length;
        this.database.append(process, batch, through, (isDone) => {
          this.cursor = isDone ? through : null;
          this.goOn(isDone ? 0 : retryMs);
        });
      }
    });
  }

  private goOn(delayMs: number): void {
    this.isBusy = false;
    this.lookSoon(delayMs);
  }
}
