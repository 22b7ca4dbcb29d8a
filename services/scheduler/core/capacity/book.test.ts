import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultSettings, type RuleRecord } from '@holdfast/contracts';
import { hostFactsOf, vmFactsOf } from '../placement/facts.js';
import { Snapshot } from '../placement/snapshot.js';
import { anyHostRecord, anyReport, anyRule, anyVm, hostNames, vmNames } from '../testing/random-cluster.js';
import { hostRecord, observed, ruleRecord, vmRecord } from '../testing/records.js';
import { capacityBookOf } from './book.js';
import { lossesOf } from './losses.js';
import { prove } from './prove.js';

const anyName = fc.constantFrom(...vmNames);
const anyHostName = fc.constantFrom(...hostNames);
const together = fc.subarray(vmNames, { minLength: 2, maxLength: 3 });
const anyChange = fc.oneof(
  {
    weight: 8,
    arbitrary: anyName.chain((name) => fc.record({ name: fc.constant(name), vm: fc.option(anyVm(name), { freq: 5 }) })),
  },
  anyHostName.chain((name) =>
    fc.record({ name: fc.constant(name), host: fc.option(anyHostRecord(name), { freq: 5 }), report: anyReport(name) })),
  fc.array(anyRule, { maxLength: 3 }).map((rules) => ({ rules })),
  together.map((vms) => ({ rules: [{ kind: 'vm-affinity' as const, vms, together: true }] })),
);

describe('the verdicts that follow each change', () => {
  test('are those that proving everything anew would give', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyChange, fc.boolean()), { minLength: 5, maxLength: 40 }), (changes) => {
        const snapshot = new Snapshot();
        for (const name of hostNames) {
          const report = observed(name, {}, { capacity: { cpus: 4, memoryMiB: 2048 } });
          snapshot.setHost(name, hostFactsOf(hostRecord(name), report, false, defaultSettings));
        }
        const book = capacityBookOf(snapshot);
        const others = [{ hosts: 2, label: null }, { hosts: 1, label: 'rack' }];
        for (const [change, isLookedAt] of changes) {
          if ('rules' in change) {
            const records: RuleRecord[] = change.rules.map((spec, i) => ruleRecord(`r${i}`, spec));
            snapshot.setRules(records);
          } else if ('vm' in change) {
            snapshot.setVm(change.name, change.vm && vmFactsOf(change.vm));
          } else {
            const { name, host, report } = change;
            snapshot.setHost(name, host && hostFactsOf(host, report, false, defaultSettings));
          }
          if (!isLookedAt) continue;
          for (const name of hostNames) {
            const slot = snapshot.hosts.slot(name) ?? -1;
            const anew = prove(snapshot, [slot]);
            if (anew.isCertain) expect(book.proofOf(slot).witness !== null).toBe(anew.witness !== null);
          }
          for (const kind of others) {
            const key = (lost: readonly number[]): string => [...lost].sort().join();
            const failing = new Set(capacityBookOf(snapshot, kind).failing().map(({ hosts }) => key(hosts)));
            for (const lost of lossesOf(snapshot, kind).all) {
              const anew = prove(snapshot, lost);
              if (anew.isCertain) expect(failing.has(key(lost))).toBe(anew.witness === null);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('are asked for again only where a change can matter', () => {
    const snapshot = new Snapshot();
    const names = Array.from({ length: 20 }, (_, i) => `h${i}`);
    for (const name of names) {
      const report = observed(name, {}, { capacity: { cpus: 64, memoryMiB: 65_536 } });
      snapshot.setHost(name, hostFactsOf(hostRecord(name), report, false, defaultSettings));
    }
    const put = (name: string, host: string): void => {
      const record = vmRecord({ name, assignment: { host, hostEpoch: 2, generation: 1 } });
      snapshot.setVm(name, vmFactsOf(record));
    };
    for (const [i, host] of names.entries()) put(`v${i}`, host);
    const book = capacityBookOf(snapshot);
    expect(book.failing()).toEqual([]);
    expect(book.dueCount).toBe(0);
    put('new', 'h3');
    expect(book.dueCount).toBe(1);
    book.proveSome(10);
    put('new', 'h4');
    expect(book.dueCount).toBe(2);
    book.proveSome(1);
    expect(book.dueCount).toBe(1);
    snapshot.setVm('v0', vmFactsOf(vmRecord({ name: 'v0', assignment: { host: 'h0', hostEpoch: 3, generation: 2 } })));
    expect(book.dueCount).toBe(1);
  });
});
