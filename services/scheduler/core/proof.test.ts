import { vmSpecSchema } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { proofOf } from './proof.js';
import {
  clusterOf,
  copy,
  evidence,
  hostRecord,
  observed,
  pool,
  vmRecord,
  type Facts,
} from './testing/records.js';

const assignment = { host: 'h1', hostEpoch: 2, generation: 1 };
const fenced = (...list: ReturnType<typeof evidence>[]): Partial<Facts> => ({
  hosts: [hostRecord('h1', { health: 'fenced', epoch: 3, evidence: list })],
});
const proof = (facts: Partial<Facts>, vm = vmRecord()) => proofOf(vm, assignment, clusterOf(facts));

describe('what proves that a copy cannot write', () => {
  test('a host without any evidence proves nothing, however fenced it looks', () => {
    expect(proof(fenced())).toBeNull();
    expect(proof({ hosts: [hostRecord('h1', { health: 'fencing', epoch: 3 })] })).toBeNull();
    expect(proof({ hosts: [], observed: [] })).toBeNull();
  });

  test('evidence of a fence after the assignment is proof', () => {
    expect(proof(fenced(evidence('storage-revoked')))).toBe('storage-revoked');
    expect(proof(fenced(evidence('power-off')))).toBe('power-off');
  });

  test('evidence of an earlier fence says nothing of a copy that was started after it', () => {
    expect(proof(fenced(evidence('power-off', { epoch: 2 })))).toBeNull();
  });

  test('voided evidence is no proof', () => {
    expect(proof(fenced(evidence('power-off', { voidedAtMs: 5 })))).toBeNull();
  });

  test('a VM without a volume is not proven by storage, only by power', () => {
    const diskless = vmRecord({ volumes: [] });
    expect(proof(fenced(evidence('storage-revoked')), diskless)).toBeNull();
    expect(proof(fenced(evidence('storage-revoked'), evidence('power-off')), diskless)).toBe('power-off');
  });

  test('a VM with one volume on a pool that cannot revoke is not proven by storage', () => {
    const second = { volume: 'disk2', pool: 'local', node: 'h1', sizeMiB: 64 };
    const vm = vmRecord({ volumes: [...vmRecord().volumes, second] });
    const pools = [pool, { ...pool, pool: 'local', revocable: false }];
    expect(proof({ ...fenced(evidence('storage-revoked')), pools }, vm)).toBeNull();
    expect(proof({ ...fenced(evidence('rebooted')), pools }, vm)).toBe('rebooted');
  });

  test('a pool that nobody knows counts as one that cannot revoke', () => {
    expect(proof({ ...fenced(evidence('storage-revoked')), pools: [] })).toBeNull();
  });

  test('the agent attests exactly the copy with that uid and generation', () => {
    const seen = (...args: Parameters<typeof copy>): Partial<Facts> => ({
      observed: [observed('h1', { web1: copy(...args) })],
    });
    expect(proof(seen(1, 'stopped'))).toBe('attested-stopped');
    expect(proof(seen(1, 'failed'))).toBe('attested-stopped');
    expect(proof(seen(1, 'running'))).toBeNull();
    expect(proof(seen(1, 'stopping'))).toBeNull();
    expect(proof(seen(2, 'stopped'))).toBeNull();
    expect(proof(seen(1, 'stopped', { uid: 'another' }))).toBeNull();
  });

  test('an agent that knows no such copy attests it by the later epoch it has accepted', () => {
    expect(proof({ observed: [observed('h1')] })).toBeNull();
    const later = { ...observed('h1'), epoch: 3 };
    expect(proof({ observed: [later] })).toBe('attested-stopped');
    expect(proof({ observed: [{ ...later, vms: { web1: copy(1, 'starting') } }] })).toBeNull();
  });
});

describe('a VM that names the least proof it accepts', () => {
  const asking = (least: 'power' | 'both') =>
    vmRecord({ spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { proof: least } }) });

  test('storage alone is not enough for power, however late it is', () => {
    expect(proof(fenced(evidence('storage-revoked')), asking('power'))).toBeNull();
  });

  test.each(['power-off', 'rebooted', 'lease-expired', 'confirmed-by-person'] as const)('%s is power', (kind) => {
    expect(proof(fenced(evidence('storage-revoked'), evidence(kind)), asking('power'))).toBe(kind);
    const voided = evidence(kind, { voidedAtMs: 5 });
    expect(proof(fenced(evidence('storage-revoked'), voided), asking('power'))).toBeNull();
  });

  test('both needs both, in whichever order they come', () => {
    const storage = evidence('storage-revoked');
    const power = evidence('power-off');
    expect(proof(fenced(storage), asking('both'))).toBeNull();
    expect(proof(fenced(power), asking('both'))).toBeNull();
    expect(proof(fenced(storage, power), asking('both'))).toBe('storage-revoked and power-off');
    expect(proof(fenced(power, storage), asking('both'))).toBe('storage-revoked and power-off');
  });

  test('what the agent says of this very copy satisfies each of them', () => {
    const seen = { observed: [observed('h1', { web1: copy(1, 'stopped') })] };
    expect(proof(seen, asking('power'))).toBe('attested-stopped');
    expect(proof(seen, asking('both'))).toBe('attested-stopped');
  });
});
