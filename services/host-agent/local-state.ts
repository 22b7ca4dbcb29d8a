import { readSealed, writeSealed } from '@holdfast/runtime';
import { formerSchema, hugePageSizes, observedVmSchema, vmProbesSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { pruned, recalled, type LocalState, type LocalVm } from './core/index.js';

/** VMs that no longer run here but are still remembered, with their floors. */
const maxEndedVms = 512;

const schema = z.object({
  incarnation: z.string(),
  epoch: z.number().int().nonnegative(),
  vms: z.record(
    z.string(),
    z.object({
      uid: z.string(),
      floor: z.number().int().nonnegative(),
      revision: z.number().int().nonnegative().optional(),
      memoryMiB: z.number().int().nonnegative().optional(),
      mayHave: z.object({ cpus: z.number().int(), memoryMiB: z.number().int() }).optional(),
      hugePages: z.enum(hugePageSizes).optional(),
      probes: vmProbesSchema.optional(),
      restart: z.enum(['always', 'never']).optional(),
      copy: observedVmSchema.nullable(),
    }),
  ),
  former: formerSchema.optional(),
  linksCut: z.boolean().optional(),
});

/** What the agent must not forget over a restart or a reboot: the epoch it accepted and every VM's floor. */
export class LocalMemory {
  private closed = false;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private current: LocalState,
  ) {}

  /** Of another incarnation only the numbers are kept. Throws when the file is damaged. */
  static async load(path: string, incarnation: string, nowMs: number): Promise<LocalMemory> {
    const stored = await readSealed(path);
    const known: LocalState | null = stored === null ? null : schema.parse(stored);
    return new LocalMemory(path, recalled(known, incarnation, nowMs));
  }

  get state(): LocalState {
    return this.current;
  }

  /** In memory at once; on disk when it resolves. */
  async set(state: LocalState): Promise<void> {
    if (state === this.current) return;
    this.current = pruned(state, maxEndedVms);
    if (this.closed) return;
    const write = this.writing.then(() => writeSealed(this.path, this.current));
    this.writing = write.catch(() => undefined);
    await write;
  }

  /** Waits for what is being written; nothing is written after it. */
  async close(): Promise<void> {
    this.closed = true;
    await this.writing;
  }

  async setVm(name: string, vm: LocalVm): Promise<void> {
    await this.set({ ...this.current, vms: { ...this.current.vms, [name]: vm } });
  }
}
