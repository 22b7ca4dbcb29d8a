import type { Observed, Reply, VmRecord } from '@holdfast/contracts';
import { refused } from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  admitBegin,
  admitMigrate,
  admitReboot,
  admitStop,
  afterRestart,
  reconcile,
  type FoundDomain,
  type LocalState,
  type VmAdmission,
} from '../../services/host-agent/core/index.js';
import type { VmEffect } from '../../services/scheduler/core/index.js';

export const incarnation = 'inc1';
export const migrationMs = 500;

export function envAt(nowMs: number): Env {
  return { nowMs, random: randomStream('story'), incarnation };
}

type AgentEffect = Extract<VmEffect, { kind: 'start' | 'stop' | 'reboot' | 'receive' | 'migrate' }>;

/** A hypervisor of cardboard with a real agent core. */
export class ToyHost {
  isPowered = true;
  managementUp = true;
  bmcUp = true;
  boot = 1;
  memory: LocalState = { incarnation, epoch: 0, vms: {} };
  domains: FoundDomain[] = [];
  staleCount = 0;
  move: { vm: string; to: string; generation: number; dueMs: number } | null = null;

  constructor(
    readonly name: string,
    private readonly hasTarget: (volumes: string[], generation: number) => boolean,
  ) {}

  get uuid(): string {
    return `00000000-0000-4000-8000-${this.name.padStart(12, '0').replace(/[^0-9]/g, '0')}`;
  }

  get bootId(): string {
    return `00000000-0000-4000-8000-${String(this.boot).padStart(12, '0')}`;
  }

  get answers(): boolean {
    return this.isPowered && this.managementUp;
  }

  losePower(): void {
    this.isPowered = false;
    this.domains = [];
    this.move = null;
  }

  powerOn(nowMs: number): void {
    if (this.isPowered) return;
    this.isPowered = true;
    this.boot += 1;
    this.restartAgent(nowMs);
  }

  restartAgent(nowMs: number): void {
    this.memory = afterRestart(this.memory, nowMs);
  }

  command(effect: AgentEffect, vm: VmRecord, revision: number, nowMs: number): Reply<unknown> {
    if (!this.answers) return refused('unavailable', `${this.name} does not answer`);
    const { hostEpoch, generation } = effect;
    const stamp = { incarnation, hostEpoch, generation, revision };
    const about = { uid: vm.uid, stamp, spec: { memoryMiB: vm.spec.memoryMiB } };
    const admission = this.admit(effect, vm, about, nowMs);
    if (admission.vm) this.memory = { ...this.memory, vms: { ...this.memory.vms, [vm.name]: admission.vm } };
    const copy = admission.vm?.copy;
    if (admission.action && copy) this.act(effect, vm, copy.generation, copy.hostEpoch, nowMs);
    return admission.reply;
  }

  private admit(
    effect: AgentEffect,
    vm: VmRecord,
    about: Parameters<typeof admitBegin>[2],
    nowMs: number,
  ): VmAdmission {
    const env = envAt(nowMs);
    const room = { memoryMiB: 4096, freeMemoryMiB: 4096, isLeaving: false };
    switch (effect.kind) {
      case 'start':
      case 'receive':
        return admitBegin(this.memory, vm.name, about, effect.kind, room, env);
      case 'stop':
        return admitStop(this.memory, vm.name, { ...about, graceSeconds: effect.graceSeconds }, env);
      case 'reboot':
        return admitReboot(this.memory, vm.name, { ...about, operation: effect.operation, force: effect.force });
      case 'migrate': {
        const to = { generation: vm.migration?.to.generation ?? 0 };
        return admitMigrate(this.memory, vm.name, { ...about, to }, env);
      }
    }
  }

  private act(effect: AgentEffect, vm: VmRecord, generation: number, hostEpoch: number, nowMs: number): void {
    const isThis = (domain: FoundDomain): boolean =>
      domain.vm === vm.name && domain.uid === vm.uid && domain.generation === generation;
    if (effect.kind === 'stop') this.domains = this.domains.filter((domain) => !isThis(domain));
    if (effect.kind === 'start' || effect.kind === 'receive') {
      const volumes = vm.volumes.map(({ volume }) => volume);
      if (!this.hasTarget(volumes, generation)) return;
      const identity = { vm: vm.name, uid: vm.uid, generation, hostEpoch, incarnation };
      this.domains.push({ ...identity, state: 'running', incoming: effect.kind === 'receive' });
    }
    if (effect.kind === 'migrate' && vm.migration) {
      const { host, generation: target } = vm.migration.to;
      this.move = { vm: vm.name, to: host, generation: target, dueMs: nowMs + migrationMs };
    }
  }

  /** A move comes to its end: the target runs and the source is gone, or the source goes on. */
  finishMove(target: ToyHost, nowMs: number): void {
    const { move } = this;
    if (!move || nowMs < move.dueMs) return;
    this.move = null;
    const source = this.memory.vms[move.vm];
    if (!source?.copy) return;
    const { generation: own } = source.copy;
    const incoming = target.domains.find(
      (domain) => domain.vm === move.vm && domain.generation === move.generation && domain.incoming,
    );
    const here = this.domains.find((domain) => domain.vm === move.vm && domain.generation === own);
    const hasMoved = incoming !== undefined && here !== undefined && target.isPowered;
    const result = hasMoved ? ('moved' as const) : ('failed' as const);
    if (hasMoved) {
      this.domains = this.domains.filter((domain) => domain !== here);
      target.domains = target.domains.map((domain) =>
        domain === incoming ? { ...domain, incoming: false } : domain,
      );
    }
    const state = this.domains.includes(here as FoundDomain) ? ('running' as const) : ('stopped' as const);
    const migration = { generation: move.generation, result, downtimeMs: 150, reason: '' };
    const copy = { ...source.copy, state, sinceMs: nowMs, migration };
    this.memory = { ...this.memory, vms: { ...this.memory.vms, [move.vm]: { ...source, copy } } };
  }

  /** Looks, destroys what is stale, accepts the epoch when nothing older is left. */
  look(record: { epoch: number; bootId: string } | null, nowMs: number): void {
    if (!this.isPowered) return;
    const epoch = Math.max(this.managementUp ? (record?.epoch ?? 0) : 0, this.memory.epoch);
    const busy = new Set(this.move ? [this.move.vm] : []);
    const options = { epoch, busy, endings: new Map<string, string>(), nowMs };
    const { local, stale } = reconcile(this.memory, this.domains, options);
    this.memory = local;
    this.staleCount = stale.length;
    this.domains = this.domains.filter((domain) => !stale.includes(domain));
    const isOurs = this.managementUp && record?.bootId === this.bootId;
    if (stale.length === 0 && isOurs) this.memory = { ...this.memory, epoch };
  }

  observed(nowMs: number): Observed {
    const copies = Object.entries(this.memory.vms).flatMap(([vm, { copy }]) => (copy ? [[vm, copy]] : []));
    return {
      host: this.name,
      uuid: this.uuid,
      bootId: this.bootId,
      incarnation,
      epoch: this.memory.epoch,
      startedAtMs: 0,
      sealKey: 'key',
      capacity: { cpus: 4, memoryMiB: 4096 },
      addresses: { management: '10.0.0.1', storage: '10.1.0.1' },
      probePort: 1,
      hypervisor: 'connected',
      leaving: false,
      vms: Object.fromEntries(copies) as Observed['vms'],
      staleCopies: Array.from({ length: this.staleCount }, () => ({
        vm: 'stale',
        uid: 'stale',
        generation: 0,
        hostEpoch: 0,
      })),
      atMs: nowMs,
    };
  }
}
