import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import { copy, evidence, hostRecord, observed, viewOf, vmRecord, type Facts } from './testing/records.js';

const arming = { armed: false, text: 'disarmed by ann: new switch', reconciles: false };
const lost: Partial<Facts> = {
  hosts: [hostRecord('h1', { epoch: 3, health: 'fenced', evidence: [evidence('power-off')] }), hostRecord('h2')],
};

describe('while the cluster is disarmed', () => {
  test('a VM that may be recovered waits with its old assignment, and says on whose word', () => {
    const vm = vmRecord({ phase: 'recovering' });
    const { state } = stepVm(viewOf(vm, { ...lost, arming }));
    expect(state).toMatchObject({ phase: 'recovering', reason: arming.text, assignment: vm.assignment });
    expect(stepVm(viewOf(state, { ...lost, arming })).state, 'said once').toBe(state);
    expect(stepVm(viewOf(state, lost)).state).toMatchObject({ phase: 'attaching', assignment: { host: 'h2' } });
  });

  test('two replicas, of which one knows of it, do not overwrite each other as fast as they can', () => {
    const noRoom = { ...lost, hosts: lost.hosts?.slice(0, 1) };
    const nowMs = 50_000;
    const said = stepVm(viewOf(vmRecord({ phase: 'recovering' }), { ...lost, arming }, {}, nowMs)).state;
    expect(said.reason).toBe(arming.text);
    for (const [laterMs, isSaid] of [[10, false], [-20_000, false], [1100, true]] as const) {
      const { state } = stepVm(viewOf(said, noRoom, {}, nowMs + laterMs));
      expect(state !== said, `${laterMs} ms later`).toBe(isSaid);
    }
  });

  test('a VM that crashed is not started again by itself', () => {
    const crashed = { observed: [observed('h1', { web1: copy(1, 'stopped', { reason: 'crashed' })}), observed('h2')] };
    const { state } = stepVm(viewOf(vmRecord(), { ...crashed, arming }));
    expect(state).toMatchObject({ phase: 'waiting', assignment: null });
    expect(state.transitions.at(-1)?.event).toBe('vm.crashed');
    expect(stepVm(viewOf(state, { arming })).state).toMatchObject({ phase: 'waiting', reason: arming.text });
    expect(stepVm(viewOf(state)).state.phase).toBe('attaching');
  });

  test('what a person asked for is done', () => {
    const operation = { id: 'op-1', kind: 'start' as const };
    const asked = vmRecord({ phase: 'stopped', assignment: null, operation });
    expect(stepVm(viewOf(asked, { arming })).state.phase).toBe('attaching');
  });

  test('a start that was under way goes on, also at the next number', () => {
    const vm = vmRecord({ phase: 'attaching', changedAtMs: 0 });
    const stale = { 'attach/disk/g1': { ok: false as const, refusal: { code: 'stale' as const, message: '' } } };
    const { state } = stepVm(viewOf(vm, { arming }, stale));
    expect(state).toMatchObject({ phase: 'attaching', assignment: { host: 'h1', generation: 2 } });
  });
});
