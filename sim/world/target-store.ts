/** The target daemon of one storage node, its volumes, and its durable floors. Here every write is judged. */
import type { Machine } from '../engine/process.js';

interface Target {
  volume: string;
  generation: number;
  host: string;
  hostEpoch: number;
  inFlight: number;
  /** False once its deletion has begun. */
  admits: boolean;
}

export interface WriteWatcher {
  written(volume: string, generation: number, host: string): void;
  floorFell(what: string, from: number, to: number): void;
}

export interface DurableFloors {
  volumes: Record<string, number>;
  hosts: Record<string, number>;
}

const ioMs = 2;

export class TargetStore {
  readonly volumes = new Set<string>();
  readonly targets = new Map<string, Target>();
  daemonUp = true;
  /** I/O takes this much longer, while a fault lasts: deletions of busy targets are refused. */
  stuckMs = 0;
  /** Planted bug: a deletion only ends the sessions it sees, and says that it is done. */
  deletesSessionsOnly = false;
  /** Planted bug: a deletion does not wait for I/O in flight. */
  ignoresInFlight = false;

  constructor(
    readonly machine: Machine,
    private readonly watcher: WriteWatcher,
  ) {}

  /** What is on its disk: survives everything but a planted bug. */
  get floors(): DurableFloors {
    return this.onDisk;
  }

  set floors(floors: DurableFloors) {
    for (const kind of ['volumes', 'hosts'] as const) {
      for (const [key, floor] of Object.entries(this.onDisk[kind])) {
        const next = floors[kind][key] ?? 0;
        if (next < floor) this.watcher.floorFell(key, floor, next);
      }
    }
    this.onDisk = floors;
  }

  /** A target of that host that still takes writes, opened in an epoch below this one. */
  openBelow(host: string, epoch: number): string | null {
    for (const [key, target] of this.targets) {
      if (target.host === host && target.hostEpoch < epoch && target.admits && this.isUp) return key;
    }
    return null;
  }

  get isUp(): boolean {
    return this.machine.powered && this.daemonUp && !this.machine.frozen;
  }

  /** Power is cut, or the daemon dies: its targets were in memory only. */
  forgetTargets(): void {
    this.targets.clear();
  }

  open(
    volume: string,
    generation: number,
    { host, hostEpoch }: { host: string; hostEpoch: number },
  ): 'opened' | 'no-volume' | 'unavailable' {
    if (!this.isUp) return 'unavailable';
    if (!this.volumes.has(volume)) return 'no-volume';
    const key = keyOf(volume, generation);
    const existing = this.targets.get(key);
    if (existing && !existing.admits && existing.inFlight > 0) return 'unavailable';
    if (existing?.admits) return 'opened';
    this.targets.set(key, { volume, generation, host, hostEpoch, inFlight: 0, admits: true });
    return 'opened';
  }

  /** Gone when it says so; `busy` while I/O is in flight. */
  delete(volume: string, generation: number): 'gone' | 'busy' | 'unavailable' {
    if (!this.isUp) return 'unavailable';
    const key = keyOf(volume, generation);
    const target = this.targets.get(key);
    if (!target) return 'gone';
    if (this.deletesSessionsOnly) {
      this.hidden.add(key);
      return 'gone';
    }
    target.admits = false;
    if (target.inFlight > 0 && !this.ignoresInFlight) return 'busy';
    this.targets.delete(key);
    return 'gone';
  }

  generations(volume: string): Set<number> | null {
    if (!this.isUp) return null;
    const found = new Set<number>();
    for (const [key, target] of this.targets) {
      if (target.volume === volume && !this.hidden.has(key)) found.add(target.generation);
    }
    return found;
  }

  fingerprint(): string {
    return this.isUp ? [...this.targets.keys()].join() : 'unavailable';
  }

  admits(volume: string, generation: number, host: string): boolean {
    const target = this.targets.get(keyOf(volume, generation));
    return this.isUp && target !== undefined && target.admits && target.host === host;
  }

  isBusy(volume: string, generation: number): boolean {
    return (this.targets.get(keyOf(volume, generation))?.inFlight ?? 0) > 0;
  }

  /** A guest's write arrives: accepted only through a target that exists now; it lands a little later. */
  write(volume: string, generation: number, host: string): void {
    if (!this.admits(volume, generation, host)) return;
    const target = this.targets.get(keyOf(volume, generation)) as Target;
    if (this.stuckMs === 0) {
      this.watcher.written(volume, generation, host);
      return;
    }
    target.inFlight += 1;
    this.machine.loop.after(ioMs + this.stuckMs, () => {
      target.inFlight -= 1;
      // A power cut of the storage node loses what had not landed.
      const isLost = this.targets.get(keyOf(volume, generation)) !== target && !this.ignoresInFlight;
      if (!isLost) this.watcher.written(volume, generation, host);
    });
  }

  private onDisk: DurableFloors = { volumes: {}, hosts: {} };
  private readonly hidden = new Set<string>();
}

export interface TargetStores {
  at(node: string): TargetStore;
}

const keyOf = (volume: string, generation: number): string => `${volume}/g${generation}`;
