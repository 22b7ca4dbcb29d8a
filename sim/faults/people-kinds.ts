/** What people do to a cluster: disarm it for a while, or put its records back from a backup. */
import type { ClusterRecord } from '@holdfast/contracts';
import { clusterKey } from '@holdfast/contracts';
import { deriveId } from '@holdfast/kernel';
import { Restore } from '../world/restore.js';
import type { World } from '../world/world.js';
import { nothing, type FaultKind } from './fault.js';

const askAgainMs = 3000;
/** Whoever arms the cluster looks whether it stays so: an earlier word may land late. */
const looksForMs = 40_000;

/** Asks until the record says so, or until it is not wanted any more. */
function setArmed(world: World, armed: boolean, isStill: () => boolean = () => true): void {
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, 'ha-arm', String(armed));
  const request = { armed, reason: armed ? '' : 'people work on the network', by: 'ann', operation };
  const looksUntilMs = world.loop.nowMs + looksForMs;
  const again = (): void => {
    const record = world.bus.bucket<ClusterRecord>('cluster').value(clusterKey);
    const isOwn = record?.incarnation === world.incarnation;
    const isDone = isOwn && record.armed === armed;
    if (!isStill() || (isDone && (!armed || world.loop.nowMs >= looksUntilMs))) return;
    if (!isDone) world.send('failover', 'ha-arm', request, () => undefined);
    world.loop.after(askAgainMs, again);
  };
  again();
}

export const peopleKinds: Record<string, FaultKind> = {
  disarm: {
    lastsMs: [5000, 60_000],
    inflict: (world) => {
      let isOver = false;
      setArmed(world, false, () => !isOver);
      const heal = (): void => {
        isOver = true;
        setArmed(world, true);
      };
      return { target: 'cluster', heal };
    },
  },
  /** A backup is taken, and a while later everything is put back to it. A person arms the cluster after that. */
  restore: {
    lastsMs: [70_000, 120_000],
    inflict: (world, random) => {
      const restore = Restore.take(world);
      if (!restore) return { target: 'nothing: not every host is known yet', heal: nothing };
      const atMs = 10_000 + random.integer(30_000);
      const armsAfterMs = 5000 + random.integer(20_000);
      let isOver = false;
      world.loop.after(atMs, () => {
        if (isOver) return;
        restore.putBack();
        world.loop.after(armsAfterMs, () => setArmed(world, true));
      });
      const heal = (): void => {
        isOver = true;
      };
      return { target: `the backup of ${world.loop.nowMs} ms`, heal };
    },
  },
};
