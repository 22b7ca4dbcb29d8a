import { vmPolicySchema, vmProbesSchema, type GuestHealth, type ObservedVm, type VmRecord } from '@holdfast/contracts';
import { describe, expect, it } from 'vitest';
import { stepVm, watchOf } from './index.js';
import { copy, hostRecord, nowMs, observed, viewOf, vmRecord, type Facts } from './testing/records.js';
import type { VmStep } from './vm-record.js';

const probes = vmProbesSchema.parse({ panic: true, tcp: [{ address: '192.0.2.7', port: 80 }] });
const web1 = vmRecord();
type Policy = Partial<VmRecord['spec']['policy']>;
const probed = (patch: Partial<VmRecord> = {}, policy: Policy = {}): VmRecord =>
  vmRecord({ spec: { ...web1.spec, policy: vmPolicySchema.parse({ probes, ...policy }) }, ...patch });
const key = watchOf(probed())?.key ?? '';

const sick: GuestHealth = { state: 'unhealthy', probe: 'tcp 192.0.2.7:80', reason: 'refused', sinceMs: 5000 };
const hosts = ['h1', 'h2', 'h3'].map((host) => hostRecord(host));
const well: GuestHealth = { state: 'healthy', probe: '', reason: '', sinceMs: 9000 };

function look(vm: VmRecord, seen: Partial<ObservedVm>, facts: Partial<Facts> = {}, atMs = nowMs): VmStep {
  const at = vm.assignment ?? { host: 'h1', generation: 1 };
  const here = observed(at.host, { web1: copy(at.generation, 'running', { watch: key, ...seen }) });
  const others = ['h1', 'h2', 'h3'].filter((host) => host !== at.host).map((host) => observed(host));
  return stepVm(viewOf(vm, { hosts, observed: [here, ...others], ...facts }, {}, atMs));
}

const told = ({ state }: VmStep): string => `${state.transitions.at(-1)?.event}: ${state.transitions.at(-1)?.text}`;

/** A guest that never becomes healthy, as its VM goes up the ladder: what is told at each rung. */
function climb(policy: Policy): string[] {
  const rungs: string[] = [];
  let vm = probed({}, policy);
  for (let rung = 1; rung <= 200 && vm.phase !== 'failed'; rung += 1) {
    vm = look(vm, { guest: { ...sick, sinceMs: rung } }).state;
    const { event = '', text = '' } = vm.transitions.at(-1) ?? {};
    rungs.push(event === 'vm.failed' ? text : `${vm.assignment?.host}: ${text.split('; ')[1]}`);
    const { host = '', hostEpoch = 2 } = vm.assignment ?? {};
    const elsewhere = vm.failures.hosts.includes(host) ? (host === 'h1' ? 'h2' : 'h3') : host;
    const generation = vm.generation + 1;
    if (vm.phase === 'stopping') {
      vm = { ...vm, phase: 'running', generation, assignment: { host: elsewhere, hostEpoch, generation } };
    }
    vm = { ...vm, reboot: null };
  }
  return rungs;
}

describe('a guest that is not well', () => {
  it('is reset where it is, once for each judgement', () => {
    const step = look(probed(), { guest: sick });
    expect(told(step)).toBe(
      'vm.unhealthy: its guest on h1 is unhealthy (tcp 192.0.2.7:80: refused); resetting it',
    );
    expect(step.state).toMatchObject({ phase: 'running', reboot: { force: true }, failures: { resets: 1 } });
    const reset = { ...step.state, reboot: null };
    expect(look(reset, { guest: sick }).state).toBe(reset);
    expect(look(reset, { guest: null }).state).toBe(reset);
  });

  it('is asked to be reset by the same operation, whoever decides it', () => {
    const [one, other] = [look(probed(), { guest: sick }), look(probed(), { guest: sick }, {}, nowMs + 777)];
    expect(one.state.reboot).toEqual(other.state.reboot);
  });

  it('goes up the ladder one rung at a time, and is given up at its end', () => {
    expect(climb({ maxRestart: 1, maxRelocate: 1 })).toEqual([
      'h1: resetting it',
      'h1: starting it anew',
      'h1: starting it elsewhere',
      'h2: resetting it',
      'h2: starting it anew, in 2 s',
      'given up, its guest did not become healthy on h1, h2 (tcp 192.0.2.7:80: refused)',
    ]);
  });

  it('is given up after a reset where the policy allows neither restart nor relocation', () => {
    expect(climb({ maxRestart: 0, maxRelocate: 0 })).toHaveLength(2);
  });

  it.each([0, 1, 2, 5])('never climbs for ever: %i restarts on each of two more hosts', (maxRestart) => {
    const rungs = climb({ maxRestart, maxRelocate: 2 });
    expect(rungs).toHaveLength(3 * (maxRestart + 2));
    expect(rungs.at(-1)).toContain('given up');
  });

  it('is stopped by force only where it could not hear its power button', () => {
    const failures = { starts: 0, hosts: [], resets: 1 };
    expect(look(probed({ failures }), { guest: sick }).state).toMatchObject({ phase: 'stopping', force: false });
    const panicked = { ...sick, state: 'panicked' as const, probe: 'panic' };
    const step = look(probed({ failures }), { guest: panicked });
    expect(step.state).toMatchObject({ phase: 'stopping', force: true, wish: 'h1' });
    expect(told(step)).toContain('has panicked; starting it anew');
  });

  it('goes to the next rung when it could not be reset', () => {
    const reset = look(probed(), { guest: sick }).state;
    const operation = reset.reboot?.operation ?? '';
    const failed = { operation, result: 'failed' as const, reason: 'no such domain' };
    const step = look(reset, { guest: sick, reboot: failed });
    expect(step.state).toMatchObject({ phase: 'stopping', reboot: null });
    expect(told(step)).toContain('not reset: no such domain); starting it anew');
  });

  it('is only told of with policy restart never, and once', () => {
    const step = look(probed({}, { restart: 'never' }), { guest: sick });
    expect(told(step)).toContain('nothing is done (policy: restart never)');
    expect(step.state.phase).toBe('running');
    expect(step.state.reboot).toBeNull();
    expect(look(step.state, { guest: sick }).state).toBe(step.state);
  });

  it('is left alone while the cluster is disarmed, and tended once it is armed', () => {
    const disarmed = { arming: { armed: false, text: 'disarmed', reconciles: true } };
    const step = look(probed(), { guest: sick }, disarmed);
    expect(told(step)).toContain('disarmed');
    expect(step.state.reboot).toBeNull();
    expect(look(step.state, { guest: sick }, disarmed).state).toBe(step.state);
    expect(look(step.state, { guest: sick }).state.reboot).toMatchObject({ force: true });
  });

  it('waits while its host is not online', () => {
    const suspect = { hosts: [hostRecord('h1', { health: 'suspect' }), hostRecord('h2')] };
    const step = look(probed(), { guest: sick }, suspect);
    expect(step.state.reboot).toBeNull();
    expect(look(step.state, { guest: sick }).state.reboot).toMatchObject({ force: true });
  });

  it('is not tended on what other probes have said', () => {
    const step = look(probed(), { guest: sick, watch: 'others' });
    expect(step.state.guest ?? null).toBeNull();
    expect(step.effects).toMatchObject([{ kind: 'watch', host: 'h1', generation: 1 }]);
    expect(look(probed(), {}).effects).toEqual([]);
    expect(look(vmRecord(), {}).effects).toMatchObject([{ kind: 'watch', key: 'watch/h1/g1/none' }]);
  });
});

describe('a guest that is well again', () => {
  const reset = { ...look(probed(), { guest: sick }).state, reboot: null };

  it('is told of, and what went before is forgotten once it was well for the restart window', () => {
    const step = look(reset, { guest: well });
    expect(told(step)).toBe('vm.healthy: its guest is healthy again on h1');
    const soon = look(step.state, { guest: well }, {}, nowMs + 59_000);
    expect(soon.state).toBe(step.state);
    expect(soon.wakeAtMs).not.toBeNull();
    const later = look(step.state, { guest: well }, {}, nowMs + 60_000);
    expect(later.state).toMatchObject({ guest: null, failures: { starts: 0, hosts: [] } });
    expect(later.state.failures.resets ?? 0).toBe(0);
  });

  it('counts on from where it was when it fails before that', () => {
    const healthy = look(reset, { guest: well }).state;
    const again = look(healthy, { guest: { ...sick, sinceMs: 20_000 } }, {}, nowMs + 30_000);
    expect(told(again)).toContain('starting it anew');
  });

  it('is not forgotten only because the VM has run for long', () => {
    const step = look(reset, { guest: null }, {}, nowMs + 3_600_000);
    expect(step.state.failures.resets).toBe(1);
  });

  it('is no matter any more once its probes are taken away', () => {
    const bare = { ...reset, spec: web1.spec };
    const step = look(bare, { guest: null, watch: undefined });
    expect(step.state.guest).toBeNull();
  });
});
