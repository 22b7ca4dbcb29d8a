import { pruned, recalled, type LocalState, type LocalVm } from '@holdfast/host-agent/core';
import type { Process } from '../engine/process.js';
import type { Plant } from './plant.js';

const maxEndedVms = 512;

/** The host's disk: what was written there survives the agent and the host. */
export interface AgentDisk {
  state: LocalState | null;
}

/** The twin of the agent's memory: in hand at once, durable a little later. */
export class AgentMemory {
  private constructor(
    private readonly disk: AgentDisk,
    private readonly process: Process,
    private current: LocalState,
  ) {}

  static load(disk: AgentDisk, process: Process, incarnation: string, planted: Plant): AgentMemory {
    const state = recalled(disk.state, incarnation, process.nowMs());
    return new AgentMemory(disk, process, planted.recalled?.(state) ?? state);
  }

  get state(): LocalState {
    return this.current;
  }

  set(state: LocalState, done: () => void): void {
    if (state === this.current) {
      done();
      return;
    }
    this.current = pruned(state, maxEndedVms);
    const { process } = this;
    const act = (stored: (result: null) => void): void => {
      process.after(1 + process.loop.random(`disk/${process.name}`).integer(3), () => {
        this.disk.state = this.current;
        stored(null);
      });
    };
    process.perform({ kind: 'write', key: 'the agent\'s memory', act, travels: false }, done);
  }

  setVm(name: string, vm: LocalVm, done: () => void): void {
    this.set({ ...this.current, vms: { ...this.current.vms, [name]: vm } }, done);
  }
}
