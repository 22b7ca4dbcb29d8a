import type { Bus } from '@holdfast/bus';
import { accepted, copiedFrom, refused, volumes, type Reply, type VolumeRecord } from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  MachineRunner,
  type Clock,
  type Machine,
  type Projection,
  type RunnerLog,
} from '@holdfast/runtime';
import {
  admitVolumeCreate,
  admitVolumeDelete,
  admitVolumeName,
  deletedFloor,
  stepVolume,
  type VolumeEffect,
} from './core/index.js';
import { TargetStoreError, type TargetStore } from './ports.js';

const mebibyte = 1024 * 1024;
type StateReply = Reply<{ state: VolumeRecord['state'] }>;

/** The volumes of this node: the thin shell around their core. */
export class Volumes {
  private readonly runner: MachineRunner<VolumeRecord, VolumeEffect>;

  constructor(
    private readonly deps: {
      bus: Bus;
      clock: Clock;
      log: RunnerLog;
      incarnation: string;
      store: TargetStore;
    },
    private readonly records: Projection<VolumeRecord>,
    private readonly attachments: {
      holderCount(volume: string): number;
      isOpen(volume: string): boolean;
      /** The newest generation that had access to it, or was ruled out. */
      newest(volume: string): number;
      forget(volume: string): Promise<Reply<unknown>>;
      /** As the record of that volume names its VM. */
      rename(volume: string): Promise<Reply<unknown>>;
      reconciles(): boolean;
      takeUp(volume: VolumeRecord): Promise<Reply<unknown>>;
    },
    private readonly floors: {
      of(volume: string): number;
      /** Durable once it resolves. */
      raise(volume: string, floor: number): Promise<void>;
    },
  ) {
    const { bus, clock, log } = deps;
    this.runner = new MachineRunner(this.machine(), records, bus, { clock, log, rank: () => 0 });
  }

  start(): void {
    this.runner.start();
  }

  stop(): void {
    this.runner.stop();
  }

  poke(volume: string): void {
    this.runner.poke(volume);
  }

  async create(request: Parameters<typeof admitVolumeCreate>[1]): Promise<StateReply> {
    const { bus } = this.deps;
    const reply = await this.runner.change(request.volume, (existing) =>
      admitVolumeCreate(
        existing,
        request,
        { node: bus.node, volumeFloor: this.floors.of(request.volume), source: this.sourceOf(request) },
        this.env(),
      ),
    );
    return reply as StateReply;
  }

  async remove(volume: string): Promise<StateReply> {
    // Its record may still be on its way to the bus: when it lands it must find itself deleted.
    if (!this.records.value(volume)) await this.floors.raise(volume, deletedFloor);
    const reply = await this.runner.change(volume, (existing) => admitVolumeDelete(existing, this.env()));
    return reply as StateReply;
  }

  /** The record of who has access follows. */
  async name(request: Parameters<typeof admitVolumeName>[1]): Promise<Reply<{ vm: string }>> {
    const { volume } = request;
    const reply = await this.runner.change(volume, (existing) => {
      const newest = this.attachments.newest(volume);
      return admitVolumeName(existing, request, newest, this.env());
    });
    const followed = reply.ok ? await this.attachments.rename(volume) : reply;
    return (followed.ok ? reply : followed) as Reply<{ vm: string }>;
  }

  /** Another volume is being made from it. */
  isCopied(volume: string): boolean {
    return this.records.values().some((each) => each.state === 'creating' && copiedFrom(each) === volume);
  }

  private sourceOf(copy: Parameters<typeof copiedFrom>[0]): VolumeRecord | null {
    const source = copiedFrom(copy);
    const record = source === null ? null : this.records.value(source);
    return record?.node === this.deps.bus.node ? record : null;
  }

  private machine(): Machine<VolumeRecord, VolumeEffect> {
    return {
      noun: 'volume',
      contract: volumes,
      identity: ({ volume }) => volume,
      isGone: ({ state }) => state === 'deleted',
      step: ({ key, value }, answer) => {
        if (value.node !== this.deps.bus.node) return { state: value, effects: [], wakeAtMs: null };
        const holderCount = this.attachments.holderCount(key);
        const reconciles = this.attachments.reconciles();
        const volumeFloor = this.floors.of(key);
        const source = copiedFrom(value);
        const isSourceOpen = source !== null && this.attachments.isOpen(source);
        const isCopied = (): boolean => this.isCopied(key);
        const facts = { holderCount, volumeFloor, isSourceOpen, isCopied, reconciles, answer };
        return stepVolume(value, facts, this.env());
      },
      perform: (effect, { key, value }) => this.perform(effect, key, value),
    };
  }

  private async perform(
    effect: VolumeEffect,
    volume: string,
    record: VolumeRecord,
  ): Promise<Reply<unknown>> {
    const { store } = this.deps;
    if (effect.kind === 'take-up') return await this.attachments.takeUp(record);
    if (effect.kind === 'create') {
      return await asReply(() => store.createVolume(volume, record.sizeMiB * mebibyte, record.source ?? null));
    }
    await this.floors.raise(volume, deletedFloor);
    const reply = await asReply(() => store.deleteVolume(volume));
    return reply.ok ? await this.attachments.forget(volume) : reply;
  }

  private env(): Env {
    const { clock, incarnation } = this.deps;
    return { nowMs: clock.nowMs(), random: randomStream('storage'), incarnation };
  }
}

/** What a target store could not do, as a refusal: for ever, or to be tried again. */
export async function asReply(work: () => Promise<void>): Promise<Reply<unknown>> {
  try {
    await work();
    return accepted({});
  } catch (error) {
    if (!(error instanceof TargetStoreError)) throw error;
    const isFinal = ['no-space', 'not-found', 'unusable'].includes(error.code);
    return refused(isFinal ? 'no-capacity' : 'unavailable', error.message);
  }
}
