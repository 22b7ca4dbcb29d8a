/**
 * A drill's own VM. It is made on one host, then *evicted*: that host counts as lost for this VM alone. From there on
 * it goes the road of every failover: storage takes its old copy's access away, and only with that proof it starts
 * elsewhere. The old copy runs on until its host is told, so storage's word is put to the test.
 */
import { maxLeftovers, refused, vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { isProvenByStorage } from './proof.js';
import { effects } from './vm-effect.js';
import { isDetached, move, stay, type VmStep, type VmView } from './vm-record.js';
import { admit, admitCreate, admitDelete, type Admission, type VmRequest } from './vm-request.js';
import { assigned, beginStopping } from './vm-turn.js';

/** So small that it fits wherever anything fits; without a network, because two copies live for a moment. */
const canarySpec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, network: null, policy: { failback: false } });

export function admitCanaryCreate(
  existing: VmRecord | null,
  request: VmRequest & { host: string },
  cluster: Cluster,
  env: Env,
): Admission {
  const admission = admitCreate(existing, { ...request, spec: canarySpec, start: true }, cluster, env);
  return admission.change ? { ...admission, change: { ...admission.change, canary: true } } : admission;
}

export function admitCanaryEvict(
  vm: VmRecord | null,
  request: VmRequest,
  cluster: Cluster,
  env: Env,
): Admission {
  if (vm && vm.canary !== true) return noCanary(vm, 'evicted');
  return admit(vm, request, 'evict', env, (known) => {
    const no = (text: string, remedy: string): Admission => ({
      change: null,
      reply: refused('conflict', `${known.name} ${text}`, { remedy }),
    });
    if (known.phase !== 'running') return no(`is ${known.phase}; only a running VM is evicted`, 'wait until it runs');
    if (!isProvenByStorage(known, cluster)) {
      return no('has a disk on a pool that cannot revoke', 'its host can be proven out by power alone');
    }
    if (known.leftovers.length >= maxLeftovers) return no('has too many copies left', 'wait until they are gone');
    const { host, generation } = assigned(known);
    const evicted = { host, generation, atMs: env.nowMs, shutOutAtMs: null };
    return { patch: { evicted }, text: `${host} is to count as lost for it alone` };
  });
}

export function admitCanaryDelete(vm: VmRecord | null, request: VmRequest, env: Env): Admission {
  if (vm && vm.canary !== true) return noCanary(vm, 'deleted by a drill');
  return admitDelete(vm, request, env);
}

function noCanary({ name }: VmRecord, verb: string): Admission {
  const remedy = 'drills touch the VMs alone that they have made';
  const reply = refused<never>('forbidden', `${name} is no canary, so it is not ${verb}`, { field: 'vm', remedy });
  return { change: null, reply };
}

export function beginEviction(view: VmView): VmStep {
  const { host } = assigned(view.vm);
  return move(view, { phase: 'recovering', reboot: null }, {
    event: 'vm.recovering',
    text: `${host} counts as lost for it alone; waiting for storage to shut its copy out`,
    data: { host },
  });
}

/** An eviction speaks of the one copy that the VM was assigned to then. */
function evictionOf({ evicted, assignment }: VmRecord): VmRecord['evicted'] | null {
  return evicted?.generation === assignment?.generation ? evicted : null;
}

export function isBeingEvicted(vm: VmRecord): boolean {
  return evictionOf(vm)?.shutOutAtMs === null;
}

/** Storage's word on this one copy; a new generation needs another. */
export function evictedProof(vm: VmRecord): string | null {
  return evictionOf(vm)?.shutOutAtMs == null ? null : 'storage-revoked';
}

export function evicting(view: VmView): VmStep {
  const { vm, env } = view;
  const at = assigned(vm);
  if (vm.desired !== 'running' || !vm.evicted) return beginStopping(view, 'not wanted any more');
  const floor = vm.generation + 1;
  if (!isDetached(view, floor)) return stay(view, effects.detach(vm, floor, null), 500);
  const evicted = { ...vm.evicted, shutOutAtMs: env.nowMs };
  return move(view, { evicted, leftovers: [...vm.leftovers, at] }, {
    event: 'vm.shut-out',
    text: `its copy on ${at.host} can write no more (storage-revoked); it is started elsewhere`,
    data: { host: at.host, generation: at.generation },
  });
}
