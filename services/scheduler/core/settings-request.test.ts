import { defaultSettings, settingsRecordSchema, type SettingsChange, type SettingsRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { explainPlacement, place } from './place.js';
import { overcommitOn } from './placement/facts.js';
import { SnapshotFeed } from './placement/feed.js';
import { admitSettings } from './settings-request.js';
import { clusterOf, env, hostRecord, observed, vmRecord } from './testing/records.js';

const anywhere = { avoid: new Map<string, string>(), wish: null };
const hosts = [hostRecord('h1', { labels: { age: 'old' } }), hostRecord('h2')];
const ask = (known: SettingsRecord | null, change: SettingsChange): ReturnType<typeof admitSettings> =>
  admitSettings(known, { operation: 'op1', change }, clusterOf({ hosts }), env);

describe('a change of settings', () => {
  test('changes what it names and nothing else, and its event says what', () => {
    const { change: first } = ask(null, { policy: 'packed', weights: { room: 2 } });
    expect(first?.settings).toEqual({
      ...defaultSettings, policy: 'packed', weights: { ...defaultSettings.weights, room: 2 },
    });
    const { change: second, reply } = ask(first, { policy: 'balanced' });
    expect(second?.settings.weights.room).toBe(2);
    expect(reply).toEqual({ ok: true, value: second?.settings });
    expect(second?.transitions.map(({ event, text }) => `${event} ${text}`)).toEqual([
      expect.stringMatching(/^settings.changed changed: policy from balanced to packed, weights from .* to /),
      'settings.changed changed: policy from packed to balanced',
    ]);
    expect(settingsRecordSchema.parse(second)).toEqual(second);
  });

  test('that changes nothing writes nothing', () => {
    expect(ask(null, { policy: 'balanced' })).toEqual({ change: null, reply: { ok: true, value: defaultSettings } });
  });

  test('gives hosts of a label a ratio of their own, and takes it back', () => {
    const { change } = ask(null, { cpuRatioOn: { 'age=old': 2, 'rack=r1': 3 } });
    expect(change?.settings.cpuRatioOn).toEqual({ 'age=old': 2, 'rack=r1': 3 });
    expect(ask(change, { cpuRatioOn: { 'rack=r1': null } }).change?.settings.cpuRatioOn).toEqual({ 'age=old': 2 });
  });

  test('for a label that no host has, or for too many labels, is refused', () => {
    const refusal = (field: string): object => ({ change: null, reply: { ok: false, refusal: { field } } });
    expect(ask(null, { admissionLabel: 'rack' })).toMatchObject(refusal('admissionLabel'));
    expect(ask(null, { admissionLabel: 'age' }).reply.ok).toBe(true);
    expect(ask(null, { migrationNetworkLabel: 'switch' })).toMatchObject(refusal('migrationNetworkLabel'));
    expect(ask(null, { migrationNetworkLabel: 'age' }).reply.ok).toBe(true);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`rack=r${index}`, 2]));
    expect(ask(null, { memoryOvercommitOn: many })).toMatchObject(refusal('memoryOvercommitOn'));
  });
});

describe('what settings allow of a host', () => {
  const [cpus, memoryMiB] = [4, 4096];
  const reports = ['h1', 'h2'].map((name) => {
    const report = observed(name);
    return { ...report, capacity: { ...report.capacity, cpus, memoryMiB } };
  });
  const placedAt = (size: { cpus: number; memoryMiB: number }, settings: typeof defaultSettings): string[] => {
    const cluster = clusterOf({ hosts, observed: reports, settings });
    const asked = explainPlacement(cluster, { ...size, after: null, limit: 10 });
    return asked.ok ? asked.value.hosts.filter(({ refusals }) => refusals.length === 0).map(({ host }) => host) : [];
  };

  test('is as many vCPUs for each CPU, and MiB for each MiB, as they say: on a host with a label its own', () => {
    const big = { cpus: 1, memoryMiB: 6000 };
    expect(placedAt(big, defaultSettings)).toEqual([]);
    const settings = { ...defaultSettings, memoryOvercommit: 1.5, memoryOvercommitOn: { 'age=old': 1.2 } };
    expect(placedAt(big, settings)).toEqual(['h2']);
    expect(overcommitOn(clusterOf({ hosts, settings }), 'h1')).toEqual({ memoryOvercommit: 1.2 });
    expect(overcommitOn(clusterOf({ hosts }), 'h1')).toEqual({});
    const full = vmRecord({ spec: { ...vmRecord().spec, cpus: 4 } });
    const others = [1, 2].map((host) => ({
      ...full, name: `full${host}`, uid: `full${host}`, assignment: { host: `h${host}`, hostEpoch: 2, generation: 1 },
    }));
    const narrow = { ...defaultSettings, cpuRatio: 2, cpuRatioOn: { 'age=old': 1 } };
    const cluster = clusterOf({ hosts, observed: reports, vms: others, settings: narrow });
    const choice = place(cluster, { ...vmRecord(), name: 'new' }, anywhere);
    expect(choice.host?.host).toBe('h2');
  });

  test('is followed by a snapshot that is kept', () => {
    let settings = defaultSettings;
    const cluster = clusterOf({ hosts, observed: reports });
    const feed = new SnapshotFeed({ ...cluster, settings: () => settings });
    feed.hostChanged('h2');
    expect(feed.current().hosts.facts[0]?.memoryMiB).toBe(4096);
    settings = { ...defaultSettings, memoryOvercommit: 2 };
    expect(feed.current().hosts.facts[0]?.memoryMiB).toBe(8192);
  });
});
