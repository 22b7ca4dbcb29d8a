import { defaultSettings, type VmRecord } from '@holdfast/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { place } from './place.js';
import { claimRoom } from './preempt.js';
import { anyTightCluster } from './testing/tight-cluster.js';
import { clusterOf, evidence, hostRecord, viewOf, type Facts } from './testing/records.js';

const at = (host: string): VmRecord['assignment'] => ({ host, hostEpoch: 2, generation: 1 });

/** `v1` was lost with h1; all others run elsewhere, where there is too little room more often than not. */
const afterLoss = anyTightCluster.map((tight): { vm: VmRecord; facts: Partial<Facts> } => {
  const [first, ...rest] = tight.vms as [VmRecord, ...VmRecord[]];
  const policy = { ...first.spec.policy, priority: 80 };
  const spec = { ...first.spec, memoryMiB: first.spec.memoryMiB + 192, policy };
  const vm: VmRecord = { ...first, spec, phase: 'recovering', assignment: at('h1'), volumes: [] };
  const lost = hostRecord('h1', { health: 'fenced', epoch: 3, evidence: [evidence('power-off')] });
  const others = rest.map((other) => (other.assignment?.host === 'h1' ? { ...other, assignment: at('h2') } : other));
  const hosts = tight.hosts.map((host) => (host.host === 'h1' ? lost : host));
  const settings = { ...defaultSettings, preemption: 'on' as const };
  return { vm, facts: { ...tight, hosts, vms: [vm, ...others], settings } };
});

test('room is claimed where that helps: of no more than needed, of lower priority, and without breaking a rule', () => {
  let [claimed, inVain] = [0, 0];
  fc.assert(
    fc.property(afterLoss, ({ vm, facts }) => {
      const all = facts.vms ?? [];
      const fits = (stopped: readonly string[], wish: string | null): boolean => {
        const vms = all.map((each) => (stopped.includes(each.name) ? { ...each, assignment: null } : each));
        return place(clusterOf({ ...facts, vms }), vm, { avoid: new Map(), wish }).host !== null;
      };
      if (fits([], null)) return;
      const lower = all.filter(({ spec }) => spec.policy.priority < vm.spec.policy.priority);
      const step = claimRoom(viewOf(vm, facts));
      if (!step) {
        inVain += 1;
        for (const host of ['h2', 'h3', 'h4', 'h5']) {
          const there = lower.filter(({ assignment }) => assignment?.host === host).map(({ name }) => name);
          // Nobody stops for a rule: with those of a rule gone it may fit, while they are there it may not.
          const bound = facts.rules?.some(({ spec }) => spec.kind === 'vm-affinity' && spec.vms.includes(vm.name));
          if (!bound) expect(fits(there, host)).toBe(false);
        }
        return;
      }
      claimed += 1;
      const claims = step.state.claims ?? [];
      const host = String(step.state.transitions.at(-1)?.data?.['host']);
      expect(lower.map(({ name }) => name)).toEqual(expect.arrayContaining([...claims]));
      expect(fits(claims, host)).toBe(true);
      for (const spared of claims) expect(fits(claims.filter((name) => name !== spared), host)).toBe(false);
    }),
    { numRuns: 600 },
  );
  expect(claimed).toBeGreaterThan(30);
  expect(inVain).toBeGreaterThan(30);
});
