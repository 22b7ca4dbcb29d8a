import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../check/checker.js';
import { plant, plantedBugs, plantedSizes } from '../planted/bugs.js';
import { replay } from './replay.js';
import { reportOf } from './report.js';
import { runSeed } from './run-seed.js';
import { parseScenario } from './scenario.js';

const textOf = (...args: Parameters<typeof reportOf>): string[] => reportOf(...args).map(({ text }) => text);

const host = { cpus: 8, memoryMiB: 8192 };
const scenario = parseScenario({
  name: 'x',
  hosts: { node1: host, node2: host, node3: host },
  vms: { vm1: { host: 'node1' }, vm2: { host: 'node1' }, vm3: { host: 'node2' } },
  timeline: [{ atS: 60, do: 'host.power', host: 'node1', on: false }],
  untilS: 120,
});

describe('the report of a host that lost its power', () => {
  const { log, recoveries } = replay(scenario);
  const lines = textOf(log, { recoveries });
  const at = (part: string): number => lines.findIndex((line) => line.includes(part));

  test('tells the quiet before it in one line', () => {
    expect(lines[at('quiet;')]).toMatch(/^0\.000 s to .*: quiet; 3 hosts online, .*3 VMs started/);
  });

  test('goes from the fault over what was seen and proven to what runs again', () => {
    const story = [
      'Incident 1  60.000 s',
      'FAULT     host.power node1 off',
      'view      node1       bus says no heartbeat',
      'failover  node1       suspect',
      'failover  node1       fencing',
      'vm        recovering  vm1, vm2',
      'PROOF     node1       obtained: storage-revoked',
      'vm        placed      ',
      'vm        runs        ',
      'node1 was fenced, proven by storage-revoked',
      '2 VMs run elsewhere; from the fault to running: median ',
    ].map(at);
    expect(story).toEqual([...story].sort((a, b) => a - b));
    expect(story[0]).toBeGreaterThan(0);
  });

  test('counts time from the fault on, in a column', () => {
    const told = lines.slice(at('Incident 1') + 1).filter((line) => line.startsWith('  +'));
    expect(told[0]).toContain('+   0.000 s');
    for (const line of told) expect(line).toMatch(/^ {2}\+ {0,3}\d+\.\d{3} s {2}\w+/);
  });

  test('leaves out how volumes are opened, and tells it with all', () => {
    expect(lines.join('\n')).not.toContain('to be opened to');
    const all = textOf(log, { all: true });
    expect(all.length).toBeGreaterThan(lines.length);
    expect(all.join('\n')).toContain('to be opened to');
  });
});

describe('the report of a seed that broke', () => {
  const planted = plant('in-flight-ignored');
  const faults = plantedBugs['in-flight-ignored']?.faults ?? [];
  const run = (seed: number): ReturnType<typeof runSeed> =>
    runSeed(seed, { ...plantedSizes, faults, planted, views: true });
  let seed = 16;
  while (run(seed).violations[0]?.invariant !== 'one-writer' && seed < 116) seed += 1;
  const { log, violations } = run(seed);
  const lines = reportOf(log, { violations });
  const texts = lines.map(({ text }) => text);

  test('says at its end what broke and what led to it', () => {
    const [violation] = violations;
    const brokenAt = texts.findIndex((text) => text.startsWith('Broken at '));
    expect(texts[brokenAt]).toContain(violation?.invariant);
    expect(texts[brokenAt + 1]).toContain(violation?.text);
    expect(lines[brokenAt]?.tone).toBe('bad');
    const ledTo = texts.findIndex((text) => text.startsWith('What led to it'));
    expect(ledTo).toBeGreaterThan(brokenAt);
    const steps = texts.slice(ledTo + 1);
    expect(steps.some((text) => text.includes('storage-stuck-io'))).toBe(true);
    expect(steps.some((text) => text.includes('PROOF') && text.includes('storage-revoked'))).toBe(true);
  });

  test('what led to it is of the VM that is named, and of no other', () => {
    const vm = /(\S+)-disk/.exec(violations[0]?.text ?? '')?.[1];
    const steps = texts.slice(texts.findIndex((text) => text.startsWith('What led to it')) + 1);
    const vms = steps.flatMap((text) => (/ {2}vm {8}\w+ +(\w+)/.exec(text) ?? []).slice(1));
    expect(new Set(vms)).toEqual(new Set([vm]));
  });
});

describe('a long run', () => {
  test('is told in a few hundred lines at most, and the trace is the same with and without views', () => {
    const options = { hosts: 5, vms: 20, minutes: 10, faults: [] };
    for (const seed of [2, 5]) {
      const plain = runSeed(seed, options);
      const seen = runSeed(seed, { ...options, views: true });
      expect(seen.traceHash).toBe(plain.traceHash);
      expect(textOf(seen.log, seen).length).toBeLessThan(300);
    }
  });

  test('an incident with very many lines leaves out the least of them, and says so', () => {
    const log: LogEntry[] = Array.from({ length: 400 }, (_, at) => ({
      atMs: at * 10,
      event: 'fault.begins',
      text: '',
      data: { fault: `#${at} host-pause`, target: 'host1', lastsMs: 1 },
    }));
    const lines = textOf(log);
    expect(lines.length).toBeLessThan(120);
    expect(lines.some((line) => line.includes('lesser lines are left out'))).toBe(true);
    expect(lines.some((line) => line.includes('#399'))).toBe(true);
  });
});
