/** Hosts that are all there and rather full, with running VMs: where it is not plain whether all return. */
import { vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import fc from 'fast-check';
import { anyRule, hostNames, vmNames } from './random-cluster.js';
import { hostRecord, observed, ruleRecord, vmRecord, type Facts } from './records.js';

const anyRunning = (name: string): fc.Arbitrary<VmRecord> =>
  fc
    .record({
      cpus: fc.integer({ min: 1, max: 2 }),
      memoryMiB: fc.integer({ min: 2, max: 8 }).map((units) => units * 64),
      at: fc.oneof(fc.constantFrom(...hostNames), fc.constantFrom('h1', 'h2')),
      priority: fc.integer({ min: 0, max: 100 }),
    })
    .map(({ cpus, memoryMiB, at, priority }) =>
      vmRecord({
        name,
        uid: name,
        spec: vmSpecSchema.parse({ cpus, memoryMiB, policy: { priority } }),
        assignment: { host: at, hostEpoch: 2, generation: 1 },
      }),
    );

export const anyTightCluster: fc.Arbitrary<Pick<Facts, 'hosts' | 'observed' | 'vms' | 'rules'>> = fc.record({
  hosts: fc.constant(hostNames.map((name) => hostRecord(name))),
  observed: fc
    .array(fc.integer({ min: 5, max: 14 }), { minLength: hostNames.length, maxLength: hostNames.length })
    .map((units) => units.map((unit, i) =>
      observed(hostNames[i] ?? '', {}, { capacity: { cpus: 2, memoryMiB: unit * 64 } }))),
  vms: fc.tuple(...vmNames.map(anyRunning)),
  rules: fc.array(anyRule, { maxLength: 2 }).map((specs) => specs.map((spec, i) => ruleRecord(`r${i}`, spec))),
});
