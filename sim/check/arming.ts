/** Whether a cluster that was restored from a backup waits for a person before it does anything (safety rule 10). */
import type { ClusterRecord, HostRecord } from '@holdfast/contracts';
import type { SimBucket, Stored } from '../world/bucket.js';
import type { Bus } from '../world/bus.js';

/** By then every replica that is not cut off knows that the cluster is in shadow mode. */
const shadowKnownMs = 10_000;

/** In shadow mode no fence begins: what would be done is only written down. */
export function watchShadow(bus: Bus, nowMs: () => number, broken: (text: string) => void): void {
  let sinceMs = Infinity;
  after(bus.bucket<ClusterRecord>('cluster'), (_before, { value }) => {
    if (value?.shadow !== true) sinceMs = Infinity;
    else if (sinceMs === Infinity) sinceMs = nowMs();
  });
  after(bus.bucket<HostRecord>('hosts'), (before, { key, value }) => {
    const begins = value?.health === 'fencing' && before !== null && isBefore.has(before.health);
    if (begins && nowMs() - sinceMs > shadowKnownMs) broken(`the fence of ${key} begins in shadow mode`);
  });
}

const isBefore: ReadonlySet<HostRecord['health']> = new Set(['online', 'suspect', 'held']);

/** Watches records that a backup brought back: none may be taken up before somebody has armed the cluster. */
export function watchArming(bus: Bus, broken: (text: string) => void): void {
  let isAwaited = false;
  const cluster = bus.bucket<ClusterRecord>('cluster');
  const { onPutBack } = cluster;
  cluster.onPutBack = (contents) => {
    onPutBack(contents);
    isAwaited = true;
  };
  after(cluster, (before, { value }) => {
    if (before?.armed === false && value?.armed === true) isAwaited = false;
  });
  for (const name of ['hosts', 'vms']) {
    after(bus.bucket<{ incarnation: string }>(name), (before, { key, value }) => {
      const isTakenUp = before && value && before.incarnation !== value.incarnation;
      if (isTakenUp && isAwaited) broken(`${key} is taken up from the backup before a person has armed the cluster`);
    });
  }
}

function after<T>(bucket: SimBucket<T>, look: (before: T | null, after: Stored<T>) => void): void {
  const { onWrite } = bucket;
  bucket.onWrite = (before, written) => {
    onWrite(before, written);
    look(before, written);
  };
}
