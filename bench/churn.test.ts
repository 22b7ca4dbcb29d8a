import { describe, expect, it } from 'vitest';
import { knownPolicies, PlainPlacer } from './churn-policies.js';
import { churnTrace, traceHost } from './churn-trace.js';
import { benchChurn } from './churn.js';

describe('the benchmark of VMs that come and go', () => {
  it('holds packed to known policies on the same VMs, and no placement breaks a rule', async () => {
    const { policies } = await benchChurn({ hosts: 30, rounds: 1, progress: () => {} });
    expect(policies.map(({ name }) => name)).toEqual(['packed', 'balanced', ...Object.keys(knownPolicies)]);
    const [packed, balanced] = policies;
    expect(packed?.emptyPercent).toBeGreaterThan((balanced?.emptyPercent ?? 0) + 5);
    // Of 30 hosts one is more than three points.
    expect(packed?.emptyPercent).toBeGreaterThan(Math.max(...policies.map((of) => of.emptyPercent)) - 3);
    for (const { usedPercent, broken } of policies) {
      expect(usedPercent).toBeGreaterThan(50);
      expect(usedPercent).toBeLessThan(90);
      expect(broken).toBe(0);
    }
  });

  it('has the same VMs for the same seed, half of which stay for less than 22 minutes', () => {
    const trace = churnTrace('one', 30, 0.74, 20);
    expect(churnTrace('one', 30, 0.74, 20)).toEqual(trace);
    expect(churnTrace('two', 30, 0.74, 20)).not.toEqual(trace);
    const cameAtS = new Map<string, number>();
    const staysS: number[] = [];
    for (const { atS, vm, isLeaving } of trace.events) {
      if (isLeaving) staysS.push(atS - (cameAtS.get(vm.name) ?? Number.NaN));
      else cameAtS.set(vm.name, atS);
    }
    const short = staysS.filter((staysFor) => staysFor < 1300).length;
    expect(short / trace.comeCount).toBeCloseTo(0.5, 1);
  });

  it('a known policy keeps VMs of a service apart, and takes the host that it likes best', () => {
    const like = knownPolicies['best fit, CPUs'];
    if (!like) throw new Error('there is no such policy');
    const placer = new PlainPlacer(2, like);
    const vm = (name: string, cpus: number, service: number | null): Parameters<typeof placer.put>[0] =>
      ({ name, cpus, memoryMiB: 1024, service });
    expect(placer.put(vm('a', 10, 1))).toBe(0);
    expect(placer.put(vm('b', 10, 1))).toBe(1);
    expect(placer.put(vm('c', 10, 1))).toBeNull();
    expect(placer.put(vm('d', 20, null))).toBe(0);
    expect(placer.put(vm('e', traceHost.cpus - 10, null))).toBe(1);
    placer.remove(vm('a', 10, 1), 0);
    expect(placer.put(vm('c', 10, 1))).toBe(0);
  });
});
