/** A new VM whose disks are copies of those of a VM that is stopped. Each is copied on the node that has it. */
import { copiedFrom, isSuspended, refused, type VmRecord, type VmSpec } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import type { NewDisks } from './vm-image.js';

export function disksOfClone(cloneOf: { vm: string; uid: string }, spec: VmSpec, cluster: Cluster): NewDisks {
  const source = cluster.vm(cloneOf.vm);
  if (source?.uid !== cloneOf.uid || source.desired === 'deleted') {
    return { refusal: refused('conflict', `${cloneOf.vm} is not there any more`, { remedy: 'clone another VM' }) };
  }
  const { name, phase, operation, volumes } = source;
  const isAtRest = phase === 'stopped' || (phase === 'failed' && source.assignment === null);
  if (!isAtRest || source.desired !== 'stopped') {
    const remedy = `stop it first (holdfast vm stop ${name})`;
    const why = `${name} is ${phase}: its disks are copied while it is stopped`;
    return { refusal: refused('conflict', why, { remedy }) };
  }
  if (operation) {
    const remedy = `wait for operation ${operation.id} to end`;
    return { refusal: refused('conflict', `${name} is busy: ${operation.kind} is in progress`, { remedy }) };
  }
  if (isSuspended(source)) {
    const remedy = `start it and stop it, or forget its memory (holdfast vm start ${name} --discard-memory)`;
    const why = `${name} is suspended: what its guest has not written yet is in its memory`;
    return { refusal: refused('conflict', why, { remedy }) };
  }
  const sizes = spec.disks.map(({ sizeMiB }) => sizeMiB).join();
  if (volumes.map(({ sizeMiB }) => sizeMiB).join() !== sizes) {
    return { refusal: refused('conflict', `the disks of ${name} have changed meanwhile`, { remedy: 'try again' }) };
  }
  const disks = volumes.map(({ volume, pool, node, sizeMiB }) => ({ pool, node, sizeMiB, source: { volume } }));
  return { spec, disks, bootsFromDisk: source.bootsFromDisk === true, from: `copied from ${name}` };
}

/** The VM that is being made from this one, which nobody may run meanwhile. */
export function cloneInHand(vm: VmRecord, cluster: Cluster): VmRecord | null {
  const own = vm.volumes.map(({ volume }) => volume);
  const isClone = ({ phase, volumes }: VmRecord): boolean =>
    phase === 'provisioning' && volumes.some((volume) => own.includes(copiedFrom(volume) ?? ''));
  return cluster.vms().find(isClone) ?? null;
}
