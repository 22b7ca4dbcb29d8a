/** One walk of the cluster from a defined start to a defined end, undisturbed or with one disturbance. */
import { vmPolicySchema, type HostRecord, type VmRecord } from '@holdfast/contracts';
import { deriveId, InvariantError } from '@holdfast/kernel';
import { unsettled } from '../check/liveness.js';
import { Crash, type Process } from '../engine/process.js';
import { nothingPlanted, type Plant } from '../twin/plant.js';
import type { HypervisorTimes } from '../world/hypervisor.js';
import { World } from '../world/world.js';
import { Tape, type Disturbance, type SeenEffect } from './tape.js';

export interface Walk {
  name: string;
  /** Hosts h1, h2, ... */
  hosts: number;
  /** How many replicas of the scheduler and of failover. */
  replicas: 1 | 3;
  /** Brings a fresh cluster to the start. */
  prepare(stage: Stage): void;
  /** Sets it going. */
  act(stage: Stage): void;
  /** What is missing from the expected end; nothing when it is reached. */
  missing(stage: Stage): string[];
  /** Undoes what the walk has broken for good, once it has ended. */
  heal?(stage: Stage): void;
  /** What else may go wrong while it goes on, beside what happens to its own effects. */
  accidents?: readonly Accident[];
}

/** Something that goes wrong in the moment in which an effect begins; it heals by itself. */
export interface Accident {
  name: string;
  happen(stage: Stage): void;
}

/** What storage can make a volume from; nobody has a kernel of that name. */
export const goldenImage = 'golden';

const quickTimes: HypervisorTimes = {
  startMs: [40, 80],
  destroyMs: [10, 30],
  shutdownMs: [100, 300],
  migrateMs: [150, 400],
};
const prepareWithinMs = 60_000;
const settleWithinMs = 120_000;
/** Longer than every timer that looks at everything again, but for the slowest. */
const restMs = 6000;
const lookEveryMs = 250;
const askAgainMs = 1000;
const conflictsTaken = 2;
/** Before the action: everybody has heard of what was done to prepare it. */
const calmMs = 500;
/** Somebody switches a host on again that has been off for so long. */
const switchedOnAfterMs = 5000;

/** A small cluster, and whoever works it. */
export class Stage {
  readonly world: World;
  /** What people asked for, and what came of it. */
  readonly operations: { id: string; reply: 'accepted' | 'refused' | null }[] = [];

  constructor(
    readonly walk: Walk,
    readonly tape: Tape,
    planted: Plant = nothingPlanted,
  ) {
    const names = Array.from({ length: walk.hosts }, (_, index) => `h${index + 1}`);
    this.world = new World({
      seed: 1,
      hosts: Object.fromEntries(names.map((name) => [name, { cpus: 8, memoryMiB: 8192, power: 'on' }])),
      control: 'apart',
      controlCount: walk.replicas,
      storageNodes: 1,
      times: quickTimes,
      bootMs: [1000, 2000],
      planted,
    });
    for (const { store } of this.world.storageNodes.values()) store.volumes.images.set(goldenImage, 64 * 2 ** 20);
    this.world.loop.effects = tape;
  }

  /** To where every host is online and every pool known. */
  begin(): void {
    const { bus, hosts, storageNodes } = this.world;
    const isReady = (): boolean => {
      const records = bus.bucket<HostRecord>('hosts').values();
      const isOnline = records.length === hosts.size && records.every(({ health }) => health === 'online');
      return isOnline && bus.bucket('pools').values().length === storageNodes.size;
    };
    this.reach('ready', isReady);
    this.operate();
  }

  vm(name = 'web1'): VmRecord | null {
    return this.world.bus.bucket<VmRecord>('vms').value(name);
  }

  hostRecord(name: string): HostRecord | null {
    return this.world.bus.bucket<HostRecord>('hosts').value(name);
  }

  /** A person asks, and asks the same again until somebody answers; a conflict may be one that has just ended. */
  ask(name: string, request: { vm?: string; host?: string | null; [field: string]: unknown }): void {
    const { world } = this;
    const id = deriveId('operation', this.operations.length, name);
    const operation: Stage['operations'][number] = { id, reply: null };
    this.operations.push(operation);
    const to = { service: 'scheduler', node: null, name };
    let conflictsLeft = conflictsTaken;
    const ask = (): void =>
      world.bus.request(world.edge, to, { operation: id, ...request }, 5000, (reply) => {
        if (reply.ok) operation.reply = 'accepted';
        else if (reply.refusal.code === 'unavailable') world.edge.after(askAgainMs, ask);
        else if (reply.refusal.code === 'conflict' && conflictsLeft > 0) {
          conflictsLeft -= 1;
          world.edge.after(askAgainMs, ask);
        } else {
          operation.reply = 'refused';
          world.checker.note('refused', `${name} ${request.vm ?? request.host}: ${reply.refusal.message}`);
        }
      });
    world.edge.run(ask);
  }

  /** What came of the newest thing that was asked for, as the VM's own history tells it. */
  outcome(): unknown {
    const operation = this.operations.at(-1);
    const told = this.vm()?.transitions.filter((transition) => transition.operation === operation?.id) ?? [];
    const states = told.map(({ data }) => data['operationState']);
    return states.findLast((state) => state === 'done' || state === 'failed');
  }

  create(host: string | null, disks = 1, image = 'tiny'): void {
    const policy = vmPolicySchema.parse({ maxRestart: 2, maxRelocate: 3, stopGraceSeconds: 5, failback: false });
    const volumes = Array.from({ length: disks }, () => ({ sizeMiB: 64 }));
    const size = { cpus: 1, memoryMiB: 1024, maxCpus: 4, maxMemoryMiB: 4096 };
    const spec = { ...size, image, disks: volumes, network: 'guest', policy };
    this.ask('vm-create', { vm: 'web1', spec, start: true, host });
  }

  /** Somebody switches on again what failover has switched off, unless it is kept off. */
  operate(): void {
    const { world } = this;
    for (const host of world.hosts.values()) {
      const isKeptOff = host.machine.powered || world.heldOff.has(host.name);
      this.offMs.set(host.name, isKeptOff ? 0 : (this.offMs.get(host.name) ?? 0) + askAgainMs);
      if ((this.offMs.get(host.name) ?? 0) >= switchedOnAfterMs) world.powerOn(host.name);
    }
    world.loop.after(askAgainMs, () => this.operate());
  }

  private readonly offMs = new Map<string, number>();

  /** To the moment in which it is so. */
  until(isSo: () => boolean, withinMs = prepareWithinMs, everyMs = lookEveryMs): boolean {
    const { loop } = this.world;
    const untilMs = loop.nowMs + withinMs;
    while (!isSo() && loop.nowMs < untilMs) loop.runUntil(Math.min(untilMs, loop.nowMs + everyMs));
    return isSo();
  }

  /** Like `until`, where anything else is a mistake in the walk itself. */
  reach(what: string, isSo: () => boolean): void {
    if (this.until(isSo, prepareWithinMs, 1)) return;
    throw new Error(`${this.walk.name}: never ${what}: ${this.wrong().join('; ')}`);
  }

  rest(forMs = restMs): void {
    const { loop } = this.world;
    loop.runUntil(loop.nowMs + forMs);
  }

  /** What is not as it must be when all is over. */
  wrong(): string[] {
    return [...this.walk.missing(this), ...unsettled(this.world)];
  }

  /** Whatever dies is started again by whoever supervises it. */
  supervise(delayMs: number): void {
    const { world } = this;
    const keep = (process: Process, start: () => void): void => {
      process.onCrash = () => {
        world.checker.note('died', process.name);
        world.loop.after(delayMs, () => {
          if (!process.alive && process.machine.powered) start();
        });
      };
    };
    for (const host of world.hosts.values()) keep(host.agent.process, () => world.startAgent(host));
    for (const { process, start } of world.replicas) keep(process, start);
    for (const { service } of world.storageNodes.values()) keep(service.process, () => service.start());
  }
}

export interface Told {
  /** What is wrong; nothing when all came to its end. */
  wrong: string[];
  effects: SeenEffect[];
  stage: Stage;
}

/**
 * Runs it once. A disturbance begins with the effect of that number, counted from the action on. Tests plant bugs by
 * name, to see them found.
 */
export function tell(
  walk: Walk,
  disturbed: { effect: number; with: Disturbance | Accident } | null,
  planted: Plant = nothingPlanted,
): Told {
  const what = disturbed?.with ?? null;
  const tape = new Tape(disturbed?.effect ?? null);
  const stage = new Stage(walk, tape, planted);
  tape.disturbance = what && 'happen' in what ? asDisturbance(what, stage) : what;
  const { world } = stage;
  let wrong: string[] = [];
  try {
    stage.begin();
    walk.prepare(stage);
    stage.rest(calmMs);
    stage.supervise(1000 + (((disturbed?.effect ?? 0) * 733) % 4000));
    tape.isRunning = true;
    world.checker.note('action', walk.name);
    walk.act(stage);
    wrong = end(stage);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    world.checker.broken('core-assertion', error.message);
  }
  const broken = world.checker.violations.map(({ invariant, text }) => `${invariant}: ${text}`);
  return { wrong: [...broken, ...wrong], effects: tape.seen, stage };
}

/** To the end, and then through everything that may come late. */
function end(stage: Stage): string[] {
  const { walk, tape, world } = stage;
  const isOver = (): boolean => walk.missing(stage).length === 0 && stage.vm()?.operation == null;
  const isBroken = (): boolean => world.checker.violations.length > 0;
  if (!stage.until(() => isOver() || isBroken(), settleWithinMs)) return stage.wrong();
  stage.rest();
  tape.isRunning = false;
  walk.heal?.(stage);
  if (!settles(stage, isBroken)) return stage.wrong();
  if (tape.held.length === 0) return [];
  world.checker.note('once more', 'what came before arrives again');
  for (const again of tape.held) again();
  stage.rest();
  return settles(stage, isBroken) ? [] : stage.wrong();
}

function settles(stage: Stage, isBroken: () => boolean): boolean {
  return stage.until(() => isBroken() || stage.wrong().length === 0, settleWithinMs);
}

function asDisturbance(accident: Accident, stage: Stage): Disturbance {
  return {
    name: accident.name,
    suits: () => true,
    disturb: (process, effect, done) => {
      accident.happen(stage);
      if (!process.alive) throw new Crash();
      process.run(() => effect.act(done));
    },
  };
}
