import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../cluster.js';
import { place } from '../place.js';
import {
  anyCluster,
  anyDrain,
  anyHostRecord,
  anyReport,
  anyVm,
  hostNames,
  vmNames,
} from '../testing/random-cluster.js';
import { clusterOf, hostRecord, observed, vmRecord } from '../testing/records.js';
import { SnapshotFeed, snapshotOf } from './feed.js';

const without = <T>(all: readonly T[], isIt: (each: T) => boolean): T[] => all.filter((each) => !isIt(each));

const anyChange = fc.oneof(
  fc.constantFrom(...hostNames).chain((name) =>
    fc.record({ name: fc.constant(name), host: fc.option(anyHostRecord(name), { freq: 4 }) })),
  fc.constantFrom(...hostNames).chain((name) =>
    fc.record({ name: fc.constant(name), report: fc.option(anyReport(name), { freq: 4 }) })),
  fc.constantFrom(...hostNames).chain((name) => fc.record({ name: fc.constant(name), drain: anyDrain(name) })),
  fc.constantFrom(...vmNames).chain((name) =>
    fc.record({ name: fc.constant(name), vm: fc.option(anyVm(name), { freq: 3 }) })),
);

describe('a snapshot', () => {
  test('that followed each change equals one made of all records', () => {
    fc.assert(
      fc.property(anyCluster, fc.array(fc.tuple(anyChange, fc.boolean()), { maxLength: 40 }), (facts, changes) => {
        const known = { ...facts };
        const now = (): Cluster => clusterOf(known);
        const feed = new SnapshotFeed({
          host: (name) => now().host(name),
          observed: (name) => now().observed(name),
          drain: (name) => now().drain(name),
          vm: (name) => now().vm(name),
          rules: () => known.rules,
          settings: () => now().settings(),
        });
        hostNames.forEach(feed.hostChanged);
        vmNames.forEach(feed.vmChanged);
        for (const [change, isLookedAt] of changes) {
          const { name } = change;
          if ('host' in change) {
            known.hosts = [...without(known.hosts, ({ host }) => host === name), ...(change.host ? [change.host] : [])];
          } else if ('report' in change) {
            const others = without(known.observed, ({ host }) => host === name);
            known.observed = [...others, ...(change.report ? [change.report] : [])];
          } else if ('drain' in change) {
            const others = without(known.drains, ({ host }) => host === name);
            known.drains = [...others, ...(change.drain ? [change.drain] : [])];
          } else {
            known.vms = [...without(known.vms, (vm) => vm.name === name), ...(change.vm ? [change.vm] : [])];
          }
          if ('vm' in change) feed.vmChanged(name);
          else feed.hostChanged(name);
          if (isLookedAt) feed.current();
        }
        expect(feed.current().toJSON()).toEqual(snapshotOf(now()).toJSON());
      }),
    );
  });

  test('is as before once a trial has ended, whatever it did and however it ended', () => {
    const anyStep = fc.tuple(fc.constantFrom(...vmNames), fc.constantFrom(...hostNames, null), fc.boolean());
    fc.assert(
      fc.property(anyCluster, fc.array(anyStep), fc.boolean(), (facts, steps, throws) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const before = JSON.stringify(snapshot);
        const trial = (): void =>
          snapshot.tryOut(() => {
            for (const [vm, host, closes] of steps) {
              const slot = snapshot.vms.slot(vm);
              const on = host === null ? -1 : (snapshot.hosts.slot(host) ?? -1);
              if (slot !== undefined) snapshot.put(slot, on);
              if (closes && on >= 0) snapshot.close(on, { text: 'is lost', change: { kind: 'open', text: '' } });
              if (closes) snapshot.tryOut(() => slot !== undefined && snapshot.put(slot, -1));
            }
            if (throws) throw new Error('given up');
          });
        if (throws) expect(trial).toThrow('given up');
        else trial();
        expect(JSON.stringify(snapshot)).toBe(before);
      }),
    );
  });

  test('knows who is on a host, and what they take', () => {
    const moving = { to: { host: 'h2', hostEpoch: 2, generation: 2 }, stage: 'moving' as const, startedAtMs: 0 };
    const vms = [vmRecord({ name: 'a' }), vmRecord({ name: 'b', migration: moving })];
    const snapshot = snapshotOf(clusterOf({ vms }));
    const on = (host: string): string[] =>
      [...snapshot.vmsOn(snapshot.hosts.slot(host) ?? -1)].map((vm) => snapshot.vms.nameOf(vm)).sort();
    expect(on('h1')).toEqual(['a', 'b']);
    expect(on('h2')).toEqual(['b']);
    expect(snapshot.hosts.usedMemoryMiB.slice(0, 2)).toEqual(Float64Array.of(256, 128));
  });

  test('has room for more hosts and VMs than it began with', () => {
    const names = Array.from({ length: 200 }, (_, i) => `h${i}`);
    const cluster = clusterOf({
      hosts: names.map((name) => hostRecord(name)),
      observed: names.map((name) => observed(name)),
      vms: names.map((host) => vmRecord({ name: `on-${host}`, assignment: { host, hostEpoch: 2, generation: 1 } })),
    });
    const snapshot = snapshotOf(cluster);
    const used = names.map((name) => snapshot.hosts.usedMemoryMiB[snapshot.hosts.slot(name) ?? -1]);
    expect(new Set(used)).toEqual(new Set([128]));
    expect(place(cluster, vmRecord({ name: 'new' }), { avoid: new Map(), wish: 'h150' }).host?.host).toBe('h150');
  });
});
