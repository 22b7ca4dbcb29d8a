/** The twin of the agent's looks at storage. While all answers and nothing was in doubt, it rests. */
import type { Observed, PoolRecord } from '@holdfast/contracts';
import {
  looked,
  lookEveryMs,
  lossOf,
  lostPoolsOf,
  nothingLooked,
  type CopyLook,
  type DiskLook,
  type LocalState,
} from '@holdfast/host-agent/core';
import type { Process } from '../engine/process.js';
import { Pulse } from '../engine/pulse.js';
import type { Domain, Hypervisor, Identity } from '../world/hypervisor.js';
import { reachesStorage, wouldLogIn } from '../world/reach.js';
import type { AgentMemory } from './agent-memory.js';
import type { TwinCopies } from './copies.js';
import type { Plant } from './plant.js';
import type { TwinProjection } from './projection.js';

export interface StorageWatchParts {
  process: Process;
  hypervisor: Hypervisor;
  pools: TwinProjection<PoolRecord>;
  memory: AgentMemory;
  copies: TwinCopies;
  planted: Plant;
  /** Undefined while the agent has no record of its host. */
  ownEpoch(): number | undefined;
  changed(): void;
}

export class TwinStorageWatch {
  private memory = nothingLooked;
  /** Something is lost, by what was looked at last. */
  private isLost = false;
  private domains: Domain[] = [];
  private reported: { of: LocalState['vms']; vms: Observed['vms'] } | null = null;
  private readonly pulse: Pulse;

  constructor(private readonly parts: StorageWatchParts) {
    this.pulse = new Pulse(parts.process, lookEveryMs, () => this.look());
    parts.pools.onChange(() => this.pulse.wake());
  }

  start(): void {
    this.pulse.run();
  }

  /** What runs here, as the hypervisor told last. */
  saw(domains: Domain[]): void {
    this.domains = domains.filter(({ incoming, isPausedByHand }) => incoming === null && isPausedByHand !== true);
    this.pulse.wake();
  }

  lostPools(): Pick<Observed, 'lostPools'> {
    const lostPools = this.isLost ? lostPoolsOf(this.memory) : null;
    return lostPools ? { lostPools } : {};
  }

  /** What is said of the copies: the same object while nothing is new. */
  copiesOf(known: LocalState['vms']): Observed['vms'] {
    if (this.reported?.of !== known) {
      const vms: Observed['vms'] = {};
      for (const [name, vm] of Object.entries(known)) if (vm.copy) vms[name] = vm.copy;
      this.reported = { of: known, vms };
    }
    let marked = this.reported.vms;
    if (!this.isLost) return marked;
    for (const [name, copy] of Object.entries(marked)) {
      const storageLost = lossOf(this.memory, name, copy.generation);
      if (storageLost) marked = { ...marked, [name]: { ...copy, storageLost } };
    }
    return marked;
  }

  private look(): [] | null {
    const { parts, domains, memory } = this;
    const pools = Object.fromEntries(
      parts.pools.values().map(({ pool, node }) => [pool, reachesStorage(parts.hypervisor, node)]),
    );
    const copies: Record<string, CopyLook> = {};
    for (const domain of domains) copies[domain.identity.vm] = this.lookAt(domain);
    parts.process.loop.stepCount += 1;
    const after = looked(memory, { pools, copies }, parts.process.nowMs());
    const before = this.told();
    this.memory = after.memory;
    this.isLost = isAnyLost(after.memory);
    const told = this.told();
    if (told !== before) parts.changed();
    if (after.resume.length > 0) {
      for (const { identity } of domains) if (after.resume.includes(identity.vm)) this.goOn(identity);
    }
    const isWell = Object.values(pools).every((answers) => answers) && Object.values(copies).every(isOpen);
    return isWell && told === '' && before === '' ? [] : null;
  }

  /** A copy that a disk error has paused, unless the cluster or this agent has ruled it out meanwhile. */
  private goOn(identity: Identity): void {
    const { hypervisor, memory, copies, planted, ownEpoch } = this.parts;
    const { vm, uid, incarnation, generation, hostEpoch } = identity;
    if (planted.resumesStaleCopies) hypervisor.resume(identity, () => undefined);
    if (planted.resumesStaleCopies || ownEpoch() !== hostEpoch) return;
    if (memory.state.vms[vm]?.copy?.held === true) return;
    const revision = memory.state.vms[vm]?.revision ?? 0;
    const stamp = { incarnation, hostEpoch, generation, revision };
    copies.handle('vm-resume', { vm, uid, operation: null, stamp }, () => undefined);
  }

  private lookAt({ identity, volumes, state, haltedByDisk, isAdrift }: Domain): CopyLook {
    const { hypervisor, planted } = this.parts;
    const { generation } = identity;
    const isHalted = state === 'paused' && haltedByDisk === true;
    const lookAt = ({ volume, node }: Domain['volumes'][number]): DiskLook => {
      if (isHalted && planted.resumesStaleCopies) return 'open';
      if (!reachesStorage(hypervisor, node)) return 'path';
      if (!wouldLogIn(hypervisor, { volume, node }, generation)) return 'target';
      return isAdrift === true ? 'adrift' : 'open';
    };
    const disks: Record<string, DiskLook> = {};
    for (const disk of volumes) disks[disk.volume] = lookAt(disk);
    return { generation, isHalted, disks };
  }

  private told(): string {
    if (!this.isLost) return '';
    const told: unknown[] = [];
    for (const { identity: { vm, generation } } of this.domains) {
      const loss = lossOf(this.memory, vm, generation);
      if (loss) told.push(vm, generation, loss.reason, loss.volumes);
    }
    const pools = lostPoolsOf(this.memory);
    if (pools) told.push(Object.keys(pools));
    return told.length === 0 ? '' : JSON.stringify(told);
  }
}

function isOpen({ isHalted, disks }: CopyLook): boolean {
  return !isHalted && Object.values(disks ?? {}).every((look) => look === 'open');
}

function isAnyLost({ pools, copies }: typeof nothingLooked): boolean {
  for (const pool in pools) if (pools[pool]?.isLost) return true;
  for (const vm in copies) if (copies[vm]?.isLost) return true;
  return false;
}
