/** A VM whose guest's journal is read as it grows: the disk itself tells who wrote on it, and when. */
import { join } from 'node:path';
import type { HoldfastClient, NewVm } from '@holdfast/client';
import { LabError } from './errors.js';
import { JournalWatch } from './journal-watch.js';
import type { Lab } from './lab.js';
import { waitUntil } from './wait.js';

const operationWithinMs = 120_000;
const memoryMiB = 128;
const diskMiB = 64;

export interface GuestContext {
  lab: Lab;
  client: HoldfastClient;
  signal?: AbortSignal | undefined;
}

export class JudgedGuest {
  private constructor(
    private readonly context: GuestContext,
    readonly name: string,
    readonly journal: JournalWatch,
  ) {}

  /** Creates a small VM and waits until its guest has written. */
  static async create(
    context: GuestContext,
    vm: Pick<NewVm, 'name' | 'host' | 'policy'>,
    pollEveryMs?: number,
  ): Promise<JudgedGuest> {
    const { lab, client } = context;
    const asked = { cpus: 1, memoryMiB, disks: [{ sizeMiB: diskMiB }], ...vm };
    const { operation } = await client.createVm(asked);
    await ended(client, operation);
    const [volume] = (await client.vm(vm.name)).volumes;
    if (!volume) throw new LabError('failed', `${vm.name} has no volume`);
    const pool = join(lab.node('san1').fileDirectory, 'pool');
    const journal = new JournalWatch(join(pool, `${volume.volume}.raw`), pollEveryMs);
    const guest = new JudgedGuest(context, vm.name, journal);
    try {
      await guest.untilWrites(2);
    } catch (error) {
      await guest.close();
      throw error;
    }
    return guest;
  }

  get bootId(): string {
    return this.journal.newest().bootId;
  }

  /** So many records more than there are now, so that it is known to live. */
  async untilWrites(more: number): Promise<void> {
    const wanted = this.journal.count() + more;
    await waitUntil(`${this.name} to write`, () => this.journal.count() >= wanted, {
      signal: this.context.signal,
    });
  }

  /** When the guest was first seen to write in a boot other than this one. */
  async untilNewBoot(oldBootId: string): Promise<number> {
    await waitUntil(`${this.name} to write in a new boot`, () => this.bootId !== oldBootId, {
      signal: this.context.signal,
    });
    return this.journal.firstOf(this.bootId).seenAtMs;
  }

  async delete(): Promise<void> {
    await this.close();
    const { operation } = await this.context.client.deleteVm(this.name);
    await ended(this.context.client, operation);
  }

  /** Reads no more; the VM stays. */
  async close(): Promise<void> {
    await this.journal.close();
  }
}

async function ended(client: HoldfastClient, operation: string): Promise<void> {
  const { state, kind, vm, reason } = await client.waitForOperation(operation, { timeoutMs: operationWithinMs });
  if (state !== 'done') throw new LabError('failed', `${kind} of ${vm} failed: ${reason}`);
}
