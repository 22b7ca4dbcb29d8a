import type { Bus } from '@holdfast/bus';
import {
  accepted,
  asAsked,
  capacityProve,
  defaultSettings,
  drainPlan,
  drains,
  hostMaintenance,
  hosts,
  noTransitions,
  placeExplain,
  rebalanceApply,
  rebalancePlan,
  refused,
  ruleDelete,
  rulePut,
  rules,
  settingsBucket,
  settingsKey,
  settingsSet,
  withChange,
  withTransition,
  type DrainRecord,
  type HostRecord,
  type Loss,
} from '@holdfast/contracts';

/* For tests only: rules and drains as the scheduler keeps them, in as far as somebody else looks at them. */

const incarnation = 'test';
const startMs = 1_700_000_000_000;

export async function servePolicies(
  bus: Bus,
  asked: { command: string; request: unknown }[],
  isRoomy: () => boolean,
): Promise<void> {
  const bucket = bus.bucket(rules);
  await bus.serve(rulePut, async (request) => {
    asked.push({ command: 'rule-put', request });
    const { rule: id, spec, operation } = request;
    if (spec.vms.includes('contrary')) {
      const remedy = 'change or drop one of the rules it names';
      return refused('conflict', `rules ${id} and other contradict each other`, { remedy });
    }
    const known = await bucket.get(id);
    const history = noTransitions(incarnation, startMs);
    const record = { ...(known?.value ?? { ...history, id, uid: `uid-${operation}`, state: 'active' as const }), spec };
    const change = withTransition(record, startMs, { event: 'rule.changed', text: 'changed', operation });
    const done = { change, reply: accepted({ rule: id }) };
    const { change: next, reply } = asAsked(known?.value ?? null, request, () => done);
    if (next && known) await bucket.update(id, next, known.revision);
    else if (next) await bucket.create(id, next);
    return reply;
  });
  await bus.serve(ruleDelete, async (request) => {
    asked.push({ command: 'rule-delete', request });
    const known = await bucket.get(request.rule);
    if (!known) return refused('not-found', `there is no rule named ${request.rule}`, { field: 'rule' });
    const done = { change: { ...known.value, state: 'deleted' as const }, reply: accepted({ rule: request.rule }) };
    const { change, reply } = asAsked(known.value, request, () => done);
    if (change) await bucket.update(request.rule, change, known.revision);
    return reply;
  });
  await bus.serve(settingsSet, async (request) => {
    asked.push({ command: 'settings-set', request });
    const records = bus.bucket(settingsBucket);
    const known = await records.get(settingsKey);
    const settings = withChange(known?.value.settings ?? defaultSettings, request.change) ?? defaultSettings;
    const record = { ...(known?.value ?? { ...noTransitions(incarnation, startMs), uid: 'settings' }), settings };
    const changed = { event: 'settings.changed', text: 'changed', operation: request.operation };
    const done = { change: withTransition(record, startMs, changed), reply: accepted(settings) };
    const { change, reply } = asAsked(known?.value ?? null, request, () => done);
    if (change && known) await records.update(settingsKey, change, known.revision);
    else if (change) await records.create(settingsKey, change);
    return reply;
  });
  await bus.serve(placeExplain, async (request) => {
    asked.push({ command: 'place-explain', request });
    if (request.vm === 'nobody') return refused('not-found', 'there is no VM named nobody', { field: 'vm' });
    const change = { kind: 'memory' as const, text: 'free 512 MiB of memory on h1', amount: 512 };
    const refusals = [{ filter: 'memory', text: 'has 0 MiB free, 512 are asked for', change }];
    const score = { total: 0.5, memoryLeft: 0.5, vcpusLeft: 0.75, weight: 1, isHeldOff: false };
    const isFirst = request.after === null;
    return accepted({
      vm: request.vm ?? null,
      cpus: request.cpus ?? 1,
      memoryMiB: request.memoryMiB ?? 512,
      host: 'h2',
      hostCount: 2,
      fittingCount: 1,
      nearest: null,
      hosts: isFirst
        ? [{ host: 'h1', isHolding: false, refusals, score: null }]
        : [{ host: 'h2', isHolding: request.vm !== undefined, refusals: [], score }],
      next: isFirst ? 'h1' : null,
    });
  });
  await bus.serve(capacityProve, async (request) => {
    asked.push({ command: 'capacity-prove', request });
    const { lose } = request;
    if (lose === 'nowhere') return refused('invalid', 'lose: there is no host nowhere', { field: 'lose' });
    const good = { lost: 'h1', hostCount: 1, victims: 1, verdict: 'all-return' as const, losers: [], loserCount: 0 };
    const losses: Loss[] = [{ ...good, cure: null }];
    const isGood = lose !== null || isRoomy();
    if (isGood) return accepted({ verdict: 'all-return', possible: 1, tried: 1, failing: 0, losses });
    losses.unshift({
      ...good,
      lost: 'h2',
      verdict: 'some-lost',
      losers: [{ vm: 'db1', priority: 90, cpus: 1, memoryMiB: 2048, why: 'h1: free 512 MiB of memory on h1' }],
      loserCount: 1,
      cure: { hosts: [{ host: 'h1', memoryMiB: 512, vcpus: 0 }], text: 'free, or add, 512 MiB on h1' },
    });
    return accepted({ verdict: 'some-lost', possible: 2, tried: 2, failing: 1, losses });
  });
  await bus.serve(drainPlan, ({ host }) => {
    const text = 'no host can take it: h1 has 512 MiB free, 2048 are asked for';
    return Promise.resolve(accepted({
      host,
      totalMiB: 6144,
      moves: [{ vm: 'web1', memoryMiB: 4096, to: 'h1' }],
      stuck: host === 'h2' ? [{ vm: 'db1', memoryMiB: 2048, text }] : [],
      mibPerSecond: 512,
      takesMs: 4000,
    }));
  });
  const plan = {
    moves: [{ vm: 'web1', from: 'h2', to: 'h1', memoryMiB: 512, cpus: 1.5, soon: 2, gain: 0.65, makesRoomFor: null }],
    hosts: [
      { host: 'h1', before: 0, after: 0.375, soon: 0, soonAfter: 0.5, memoryBefore: 0.25, memoryAfter: 0.5 },
      { host: 'h2', before: 0.75, after: 0.375, soon: 1, soonAfter: 0.5, memoryBefore: 0.75, memoryAfter: 0.5 },
    ],
    ...{ before: 0.5, after: 0, memoryBefore: 0.25, memoryAfter: 0 },
    left: [{ vm: 'db1', host: 'h2', text: 'runs together with db2, and is not moved without' }],
  };
  let looksLeft = 0;
  await bus.serve(rebalancePlan, () => {
    looksLeft -= 1;
    return Promise.resolve(accepted({ ...plan, state: looksLeft >= 0 ? 'applying' as const : 'proposed' as const }));
  });
  await bus.serve(rebalanceApply, (request) => {
    asked.push({ command: 'rebalance-apply', request });
    looksLeft = 2;
    return Promise.resolve(accepted(plan));
  });
  await bus.serve(hostMaintenance, async (request) => {
    asked.push({ command: 'host-maintenance', request });
    const { host, on, reason, stuck } = request;
    const progress = { totalMiB: 6144, leftVms: 1, leftMiB: 2048, stuckVms: 0, stuckMiB: 0, atMs: startMs + 8000 };
    await setDrain(bus, host, {
      ...(stuck && { stuck }),
      ...(on && { progress }),
      state: on ? 'draining' : 'ending',
      reason,
      vmCount: 2,
      left: on ? [{ vm: 'web1', text: 'is moving away' }] : [],
    });
    return accepted({ host });
  });
}

/** What has become of a drain; null: its record is gone. */
export async function setDrain(
  bus: Bus,
  host: string,
  patch: Partial<DrainRecord> | null,
): Promise<void> {
  const bucket = bus.bucket(drains);
  const known = await bucket.get(host);
  if (patch === null) {
    if (known) await bucket.remove(host, known.revision);
  } else if (known) await bucket.update(host, { ...known.value, ...patch }, known.revision);
  else {
    await bucket.create(host, {
      ...noTransitions(incarnation, startMs),
      host,
      uid: `uid-${host}`,
      state: 'draining',
      reason: '',
      startedAtMs: startMs,
      vmCount: 0,
      left: [],
      ...patch,
    });
  }
}

/** `failover` notes what the scheduler tells it. */
export async function setAdmin(failover: Bus, host: string, admin: HostRecord['admin']): Promise<void> {
  const bucket = failover.bucket(hosts);
  const known = await bucket.get(host);
  if (known) await bucket.update(host, { ...known.value, admin }, known.revision);
}
