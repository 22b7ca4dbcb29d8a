/** The storage service's port to its target daemon, over a simulated one. */
import { copiedFrom, type DiskImage, type VolumeSource } from '@holdfast/contracts';
import {
  TargetStoreError,
  type TargetSpec,
  type TargetState,
  type TargetStore,
} from '../../services/storage/ports.js';
import { openingSteps, type StepResult, type TargetStore as SimStore } from '../world/target-store.js';
import type { VirtualTime } from './virtual-time.js';

type Refusal = Exclude<StepResult | ReturnType<SimStore['delete' | 'createVolume' | 'deleteVolume']>, 'done' | 'gone'>;

const callMs = 2;
const refusals: Record<Refusal, [TargetStoreError['code'], string]> = {
  'no-volume': ['not-found', 'there is no such volume'],
  'no-image': ['not-found', 'there is no such image'],
  'too-small': ['unusable', 'the image is larger'],
  'no-space': ['no-space', 'the pool has no room for it'],
  busy: ['busy', 'I/O is in flight, or a target still serves it'],
  conflict: ['internal', 'it is there for another initiator, or of another size'],
  unavailable: ['unavailable', 'the target daemon does not answer'],
};

export class WorldStore implements TargetStore {
  readonly portal: { address: string; port: number };

  constructor(
    private readonly store: SimStore,
    private readonly time: VirtualTime,
  ) {
    this.portal = { address: store.machine.name, port: 3260 };
  }

  async createVolume(volume: string, sizeBytes: number, source: VolumeSource | null): Promise<void> {
    const from = copiedFrom({ source: source ?? undefined });
    const image = source && 'image' in source ? source.image : null;
    if (from !== null && !this.store.volumes.has(volume)) await this.call(() => this.store.beginCopy(volume, from));
    await this.call(() => this.store.createVolume(volume, sizeBytes, image)).finally(() =>
      this.store.volumes.copying.delete(volume));
  }

  async deleteVolume(volume: string): Promise<void> {
    await this.call(() => this.store.deleteVolume(volume));
  }

  async listImages(): Promise<DiskImage[]> {
    const found = [...this.store.volumes.images];
    return found.map(([name, bytes]) => ({ name, format: 'raw', sizeMiB: bytes / 2 ** 20 }));
  }

  async listVolumes(): Promise<{ volume: string; sizeBytes: number }[]> {
    return this.store.volumes.list();
  }

  async capacity(): Promise<{ capacityBytes: number; freeBytes: number }> {
    const { capacityBytes, freeBytes } = this.store.volumes;
    return { capacityBytes, freeBytes };
  }

  async openTarget(spec: TargetSpec): Promise<void> {
    const { volume, generation, initiatorAddress } = spec;
    const holder = { host: initiatorAddress, hostEpoch: 1 };
    const account = { user: spec.chapUser, password: spec.chapPassword };
    for (const step of openingSteps) await this.call(() => this.store.step(step, volume, generation, holder, account));
  }

  async deleteTarget(volume: string, generation: number): Promise<void> {
    await this.call(() => this.store.delete(volume, generation));
  }

  async listTargets(): Promise<TargetState[]> {
    await this.call(() => (this.store.isUp ? 'done' : 'unavailable'));
    return this.store.listed().map(({ volume, generation, sessions }) => ({
      volume,
      generation,
      iqn: `iqn.2026-01.io.holdfast:${volume}.g${generation}`,
      sessions: sessions.map(({ host }) => host),
    }));
  }

  private async call(change: () => 'done' | 'gone' | Refusal): Promise<void> {
    await this.time.pass(callMs);
    const result = change();
    if (result !== 'done' && result !== 'gone') throw new TargetStoreError(...refusals[result]);
  }
}
