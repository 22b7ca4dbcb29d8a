import type { Assignment, Evidence, HostRecord, ProofKind, VmPolicy, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

/** All that a proof rests on. */
type Facts = Pick<Cluster, 'host' | 'observed' | 'pool'>;

/** These say that the copy runs no more, not only that it cannot write. */
const powerProofs: readonly ProofKind[] = [
  'power-off',
  'rebooted',
  'attested-stopped',
  'lease-expired',
  'confirmed-by-person',
];

/**
 * Why the copy that `assignment` names can no longer write, or null while nothing proves it, or not to the degree that
 * the VM's policy asks for. The list of sufficient proofs is the house's safety rule; silence is not on it.
 *
 * What the agent attests of this very copy satisfies every policy: it has exited, and no other starts before storage
 * has shut it out.
 */
export function proofOf(vm: VmRecord, assignment: Assignment, cluster: Facts): string | null {
  const evidence = (cluster.host(assignment.host)?.evidence ?? []).filter(
    (candidate) =>
      candidate.voidedAtMs === null &&
      candidate.epoch > assignment.hostEpoch &&
      isSufficient(candidate, vm, cluster),
  );
  return accepted(evidence, vm.spec.policy) ?? (attestedStopped(vm, assignment, cluster) ? 'attested-stopped' : null);
}

function accepted(evidence: Evidence[], { proof }: VmPolicy): string | null {
  if (proof === 'storage') return evidence[0]?.kind ?? null;
  const power = evidence.find(({ kind }) => powerProofs.includes(kind));
  const storage = evidence.find(({ kind }) => kind === 'storage-revoked');
  if (!power || proof === 'power') return power?.kind ?? null;
  return storage ? `${storage.kind} and ${power.kind}` : null;
}

/** Storage can speak only for a VM that writes nowhere else (safety rule 6). */
function isSufficient(evidence: Evidence, vm: VmRecord, cluster: Facts): boolean {
  return evidence.kind !== 'storage-revoked' || isRevocable(vm, cluster);
}

/** Taking its volumes away is proof enough for it, also while nobody can say whether a copy runs. */
export function isProvenByStorage(vm: VmRecord, cluster: Pick<Cluster, 'pool'>): boolean {
  return vm.spec.policy.proof === 'storage' && isRevocable(vm, cluster);
}

function isRevocable(vm: VmRecord, cluster: Pick<Cluster, 'pool'>): boolean {
  return vm.volumes.length > 0 && vm.volumes.every(({ pool }) => cluster.pool(pool)?.revocable === true);
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
