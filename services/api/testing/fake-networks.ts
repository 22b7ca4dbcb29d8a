import type { Bus } from '@holdfast/bus';
import {
  accepted, asAsked, networkChange, networkDelete, networkMake, networks, noTransitions, notToStayOn, refused, vms,
  whyNotOn, withTransition, type Asked, type NetworkRecord, type NetworkSpec, type NetworkUser, type Reply,
} from '@holdfast/contracts';
import { Projection } from '@holdfast/runtime';

/* For tests only: networks as the scheduler keeps them, in as far as somebody else looks at them. */

const incarnation = 'test';
const startMs = 1_700_000_000_000;

/** Null: VMs of this project may be on all of them. */
export async function refusedOn(bus: Bus, names: readonly string[], user: NetworkUser): Promise<Reply<never> | null> {
  for (const name of names) {
    const why = whyNotOn(name, (await bus.bucket(networks).get(name))?.value ?? null, user);
    if (why) return refused(why.code, why.text, { field: 'network', remedy: why.remedy });
  }
  return null;
}

export async function serveNetworks(bus: Bus): Promise<void> {
  const bucket = bus.bucket(networks);
  const present = new Projection(bus, vms);
  await present.start();
  /** Null for `to`: its record goes. */
  const become = async (
    request: Asked & { network: string },
    to: NetworkSpec | null,
    isNew: boolean,
  ): Promise<Reply<{ network: string; transition: number }>> => {
    const { network: name, operation } = request;
    const found = await bucket.get(name);
    const known = found?.value.state === 'deleted' ? null : found;
    if (isNew && known) return refused('exists', `there is a record of the network ${name}`, { field: 'name' });
    if (!isNew && !known) return refused('not-found', `there is no record of a network ${name}`, { field: 'network' });
    const staying = notToStayOn(name, to, present.values());
    if (staying.length > 0) return refused('conflict', `VMs are on it: ${staying.map((vm) => vm.name).join(', ')}`);
    const base = known?.value ?? { ...noTransitions(incarnation, startMs), name, uid: `uid-${operation}` };
    const words = to && { ...to, project: to.project ?? undefined };
    const next: NetworkRecord = { ...base, ...words, state: to ? 'active' : 'deleted' };
    const change = withTransition(next, startMs, { event: 'network.changed', text: 'changed', operation });
    const done = { change, reply: accepted({ network: name, transition: change.transitionCount }) };
    const { change: stored, reply } = asAsked(known?.value ?? null, request, () => done);
    if (!stored) return reply;
    if (found) await bucket.update(name, stored, found.revision);
    else await bucket.create(name, stored);
    return reply;
  };
  await bus.serve(networkMake, (request) => become(request, request.spec, true));
  await bus.serve(networkChange, async (request) => {
    const { project = null, note } = (await bucket.get(request.network))?.value ?? {};
    const { change } = request;
    return await become(request, { project, note, ...change, labels: change.labels?.set }, false);
  });
  await bus.serve(networkDelete, (request) => become(request, null, false));
}
