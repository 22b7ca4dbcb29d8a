/** A policy is changed at any time; what the VM does at the moment goes on, by the new one from the next step on. */
import {
  accepted,
  probeNames,
  refused,
  withTransition,
  type Reply,
  type Transition,
  type VmPolicy,
  type VmPolicyChange,
  type VmProbes,
  type VmRecord,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { wrongDependency, wrongPolicy } from './policy.js';
import type { Accepted, Admission, VmRequest } from './vm-request.js';

type Said = { record: VmRecord; event: string; text: string; data?: Transition['data'] } | { refusal: Reply<Accepted> };

/** A change that is done once it is stored, beside whatever the VM does at the moment. */
export function admitBeside(
  vm: VmRecord | null,
  request: VmRequest,
  env: Env,
  change: (vm: VmRecord) => Said,
): Admission {
  const done = accepted({ operation: request.operation, vm: request.vm });
  if (!vm || vm.phase === 'deleted') {
    return { change: null, reply: refused('not-found', `there is no VM named ${request.vm}`, { field: 'vm' }) };
  }
  if (vm.transitions.some(({ operation }) => operation === request.operation)) return { change: null, reply: done };
  if (vm.desired === 'deleted') {
    return { change: null, reply: refused('conflict', `${vm.name} is being deleted`) };
  }
  if (vm.phase === 'renaming') {
    const more = { remedy: 'try again shortly' };
    return { change: null, reply: refused('conflict', `${vm.name} is being renamed`, more) };
  }
  const said = change(vm);
  if ('refusal' in said) return { change: null, reply: said.refusal };
  const { record, event, text, data } = said;
  const about = { operation: request.operation, data: { ...data, operationState: 'done' } };
  return { change: withTransition(record, env.nowMs, { event, text, ...about }), reply: done };
}

export function admitSet(
  vm: VmRecord | null,
  request: VmRequest & { policy: VmPolicyChange },
  cluster: Cluster,
  env: Env,
): Admission {
  return admitBeside(vm, request, env, (known) => {
    const given = Object.entries(request.policy).filter(([, value]) => value !== undefined);
    const policy = { ...known.spec.policy, ...(Object.fromEntries(given) as Partial<VmPolicy>) };
    // What it depends on may have been deleted since; that is nothing to refuse another change for.
    const wrong =
      wrongPolicy(known.name, policy, { pools: known.volumes.map(({ pool }) => pool), cluster }) ??
      wrongDependency(known.name, request.policy.after ?? [], cluster);
    if (wrong) {
      const { field, text, remedy } = wrong;
      return { refusal: refused('invalid', text, { field, remedy }) };
    }
    const said = given.map(([field, value]) => `${field} ${textOf(field, value)}`).join(', ');
    const later = known.assignment && hasMoreDevices(known.spec.policy.probes, policy.probes);
    const text = `its policy is now: ${said}${later ? '; its new devices come with its next start' : ''}`;
    return { record: { ...known, spec: { ...known.spec, policy } }, event: 'vm.policy-set', text };
  });
}

function textOf(field: string, value: unknown): string {
  const shown = field === 'probes' ? probeNames(value as VmProbes) : value;
  return Array.isArray(shown) ? (shown.length === 0 ? 'none' : shown.join('+')) : String(shown);
}

function hasMoreDevices(before: VmProbes, after: VmProbes): boolean {
  const hasAgent = (probes: VmProbes): boolean => probes.agent !== null;
  const isNew = (was: boolean, is: boolean): boolean => is && !was;
  return (
    isNew(before.panic, after.panic) ||
    isNew(before.watchdog, after.watchdog) ||
    isNew(hasAgent(before), hasAgent(after))
  );
}
