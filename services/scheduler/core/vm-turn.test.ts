import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import { copy, hostRecord, observed, viewOf, vmRecord } from './testing/records.js';

describe('a VM that its own host has ended, because it was cut off', () => {
  const ended = { web1: copy(1, 'stopped', { reason: 'self-fenced' }) };
  const at = (health: 'online' | 'held') =>
    stepVm(viewOf(vmRecord(), { hosts: [hostRecord('h1', { health })], observed: [observed('h1', ended)] }));

  test('starts there again, as a new generation, and that counts for no crash', () => {
    const { state } = at('online');
    expect(state).toMatchObject({ phase: 'attaching', generation: 2, assignment: { host: 'h1', generation: 2 } });
    expect(state.failures).toMatchObject({ starts: 0, hosts: [] });
    expect(state.transitions.at(-1)?.event).toBe('vm.self-fenced');
  });

  test('waits until its host counts again', () => {
    expect(at('held').state).toMatchObject({ phase: 'running', generation: 1 });
  });
});
