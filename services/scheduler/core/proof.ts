import type { Assignment, Evidence, HostRecord, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

/** All that a proof rests on. */
type Facts = Pick<Cluster, 'host' | 'observed' | 'pool'>;

/**
 * Why the copy that `assignment` names can no longer write, or null while nothing proves it. The list of sufficient
 * proofs is the house's safety rule; silence is not on it.
 */
export function proofOf(vm: VmRecord, assignment: Assignment, cluster: Facts): string | null {
  const host = cluster.host(assignment.host);
  const evidence = host?.evidence.find(
    (candidate) =>
      candidate.voidedAtMs === null &&
      candidate.epoch > assignment.hostEpoch &&
      isSufficient(candidate, vm, cluster),
  );
  if (evidence) return evidence.kind;
  return attestedStopped(vm, assignment, cluster) ? 'attested-stopped' : null;
}

/** Storage can speak only for a VM that writes nowhere else (safety rule 6). */
function isSufficient(evidence: Evidence, vm: VmRecord, cluster: Facts): boolean {
  if (evidence.kind !== 'storage-revoked') return true;
  return (
    vm.volumes.length > 0 &&
    vm.volumes.every(({ pool }) => cluster.pool(pool)?.revocable === true)
  );
}

/**
 * The host's agent says that this generation's QEMU has exited; or that there is none and that it has accepted a later
 * epoch, which it does only when every copy of an older one is destroyed, and after which it starts none.
 */
function attestedStopped(vm: VmRecord, assignment: Assignment, cluster: Facts): boolean {
  const observed = cluster.observed(assignment.host);
  const copy = observed?.vms[vm.name];
  if (copy?.uid === vm.uid && copy.generation === assignment.generation) {
    return copy.state === 'stopped' || copy.state === 'failed';
  }
  return observed !== null && observed.epoch > assignment.hostEpoch;
}

/** The host was fenced, or joined anew, after this assignment was made. */
export function isOut(host: HostRecord | null, assignment: Assignment): boolean {
  return host !== null && host.epoch > assignment.hostEpoch;
}
