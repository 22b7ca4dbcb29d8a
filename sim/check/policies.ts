import type { VmRecord } from '@holdfast/contracts';

/** What this change of a VM's record does against its policy, or null. */
export function againstPolicy(before: VmRecord, after: VmRecord): string | null {
  if (after.evicted && !after.canary) return `${after.name} is evicted, and is no canary`;
  if (before.uid !== after.uid || before.operation !== null || after.operation !== null) return null;
  const { policy } = after.spec;
  const isStartedAnew = after.phase === 'attaching' && before.assignment?.generation !== after.assignment?.generation;
  const hasFailed = before.phase === 'recovering' || before.phase === 'running';
  const isUnwanted = policy.restart === 'never' && isStartedAnew && hasFailed;
  if (isUnwanted) return `${after.name} is started, and nobody asked for it`;
  // A number is spent only to end a copy whose host is well.
  const leaves = before.phase === 'running' && after.phase === 'recovering' && after.generation > before.generation;
  // They answer, and it is the copy that does not ask any more.
  const isMissed = before.storageLost?.reason !== 'session' && policy.onStorageLoss === 'pause';
  return leaves && isMissed ? `${after.name} leaves its disks, and is to wait for them` : null;
}
