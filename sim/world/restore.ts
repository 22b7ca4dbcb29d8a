/** A backup of the records, and what is done to put it back: every service stops, and starts with a new incarnation. */
import type { Stored } from './bucket.js';
import type { SimHost, World } from './world.js';

/** Long enough for everything that was sent before to have come or gone. */
const stoppedForMs = 4000;
const lookAgainMs = 3000;

export class Restore {
  private constructor(
    private readonly world: World,
    private readonly contents: ReadonlyMap<string, readonly Stored<unknown>[]>,
  ) {}

  /** Null while a host that has run has no record: whoever restores such a backup could not know of it. */
  static take(world: World): Restore | null {
    for (const { name, hasEverRun } of world.hosts.values()) {
      if (hasEverRun && !world.bus.bucket('hosts').value(name)) return null;
    }
    const contents = new Map([...world.bus.buckets].map(([name, bucket]) => [name, bucket.contents()]));
    return new Restore(world, contents);
  }

  putBack(): void {
    const { world } = this;
    world.checker.note('plant.restore', 'every service is stopped');
    this.stopAll();
    world.loop.after(stoppedForMs, () => this.startAgain());
  }

  private stopAll(): void {
    const { world } = this;
    for (const { process } of world.replicas) process.crash();
    for (const { service } of world.storageNodes.values()) service.process.crash();
    for (const host of world.hosts.values()) if (isReached(world, host)) host.agent.process.crash();
  }

  private startAgain(): void {
    const { world } = this;
    // Some machine may have been switched on meanwhile; what runs on it is of the incarnation before.
    this.stopAll();
    if (!world.planted.keepsIncarnation) world.incarnation = `${world.incarnation}-r`;
    world.checker.note('plant.restore', 'the records are put back');
    world.bus.restart();
    for (const [name, bucket] of world.bus.buckets) bucket.putBack(this.contents.get(name) ?? []);
    for (const { store } of world.storageNodes.values()) {
      for (const { volume } of store.volumes.list()) {
        if (!world.bus.bucket('volumes').value(volume)) world.unknownVolumes.set(volume, store);
      }
    }
    for (const { service, machine } of world.storageNodes.values()) {
      if (!service.process.alive && machine.powered) service.start();
    }
    for (const { process, start } of world.replicas) if (!process.alive && process.machine.powered) start();
    this.startAgents();
  }

  /** An agent that could not be reached goes on as it was, with its copies, until somebody gets there. */
  private startAgents(): void {
    const { world } = this;
    let left = 0;
    for (const host of world.hosts.values()) {
      const { agent } = host;
      const isOld = agent.process.alive && agent.incarnation !== world.incarnation;
      if (isOld && isReached(world, host)) agent.process.crash();
      if (!agent.process.alive) world.startAgent(host);
      else if (isOld) left += 1;
    }
    if (left > 0) world.loop.after(lookAgainMs, () => this.startAgents());
  }
}

function isReached(world: World, { name, machine }: SimHost): boolean {
  return machine.powered && !machine.frozen && world.network.isUp(name, 'management');
}
