/** The twin of how an agent acts that finds its host cut off from everybody. */
import {
  defaultIsolationTiming,
  endedWhenCutOff,
  noIsolation,
  selfFencedReason,
  stepIsolation,
  type Isolation,
} from '@holdfast/host-agent/core';
import type { Process } from '../engine/process.js';
import type { Hypervisor } from '../world/hypervisor.js';
import type { AgentMemory } from './agent-memory.js';
import type { TwinCopies } from './copies.js';
import type { Plant } from './plant.js';

const freshMs = 1000;

export interface SelfFenceParts {
  process: Process;
  hypervisor: Hypervisor;
  memory: AgentMemory;
  copies: TwinCopies;
  incarnation: string;
  planted: Plant;
  isBusConnected(): boolean;
  isArmed(): boolean;
  ackedAtMs(): number | null;
  epochFloor(): number;
  currentEpoch(done: (epoch: number | null) => void): void;
}

export class TwinSelfFence {
  private isolation: Isolation = noIsolation;
  private busAnsweredAtMs: number | null = null;
  private linksAre: 'cut' | 'restore' | null = null;
  private isChangingLinks = false;
  private isEnding = false;
  private isAsking = false;

  constructor(private readonly parts: SelfFenceParts) {}

  /** Between beats that rested it had looked all the same, and found what it had found before. */
  restedUntil(atMs: number): void {
    const { lookedAtMs, busAtMs } = this.isolation;
    this.isolation = { ...this.isolation, lookedAtMs: atMs, busAtMs: busAtMs === lookedAtMs ? atMs : busAtMs };
  }

  /** True when the next look would find the same. */
  look(): boolean {
    const { process, memory, planted } = this.parts;
    const view = {
      nowMs: process.loop.nowMs,
      isBusConnected: this.parts.isBusConnected(),
      busAnsweredAtMs: this.busAnsweredAtMs,
      ackedAtMs: this.parts.ackedAtMs(),
      isArmed: this.parts.isArmed(),
      isCut: memory.state.linksCut === true,
    };
    process.loop.stepCount += 1;
    const { isolation, links, ends, asksBus } = stepIsolation(this.isolation, view, defaultIsolationTiming);
    this.isolation = isolation;
    if (asksBus) this.askBus(() => undefined);
    if (links !== null) this.setLinks(links);
    if (ends && !planted.forgetsSelfFence) this.end();
    const isInContact = isolation.busAtMs === view.nowMs || view.ackedAtMs === view.nowMs;
    return isInContact && links === null && !asksBus;
  }

  private askBus(done: (epoch: number | null) => void): void {
    if (this.isAsking) return done(null);
    this.isAsking = true;
    this.parts.currentEpoch((epoch) => {
      this.isAsking = false;
      if (epoch !== null) this.busAnsweredAtMs = this.parts.process.loop.nowMs;
      done(epoch);
    });
  }

  private setLinks(links: 'cut' | 'restore'): void {
    const { memory, hypervisor } = this.parts;
    if (this.isChangingLinks || this.linksAre === links) return;
    this.isChangingLinks = true;
    const end = (): void => void (this.isChangingLinks = false);
    const change = (): void => {
      if (!hypervisor.connected) return end();
      for (const { identity } of hypervisor.list()) hypervisor.setLink(identity.vm, links === 'restore');
      this.linksAre = links;
      if (links === 'cut') end();
      else memory.set({ ...memory.state, linksCut: false }, end);
    };
    if (links === 'cut') memory.set({ ...memory.state, linksCut: true }, change);
    else this.whenAccepted(change, end);
  }

  private whenAccepted(then: () => void, otherwise: () => void): void {
    const { epoch } = this.parts.memory.state;
    const ackedAtMs = this.parts.ackedAtMs();
    if (this.parts.epochFloor() > epoch) otherwise();
    else if (ackedAtMs !== null && this.parts.process.loop.nowMs - ackedAtMs < freshMs) then();
    else this.askBus((found) => (found === epoch ? then() : otherwise()));
  }

  private end(): void {
    const { memory, copies, hypervisor, incarnation } = this.parts;
    const going = endedWhenCutOff(memory.state);
    if (this.isEnding || going.length === 0) return;
    this.isEnding = true;
    let left = going.length;
    for (const [vm, { uid, copy }] of going) {
      const { generation, hostEpoch } = copy;
      hypervisor.selfFenced(vm);
      copies.destroyStale({ vm, uid, generation, hostEpoch, incarnation }, () => {
        left -= 1;
        if (left === 0) this.isEnding = false;
      }, selfFencedReason);
    }
  }
}
