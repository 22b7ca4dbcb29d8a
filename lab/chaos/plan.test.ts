import { describe, expect, it } from 'vitest';
import { chaosRound, faultText, machineOf, type ChaosFault, type ChaosRound } from './plan.js';

const targets = { hosts: ['h1', 'h2', 'h3'], control: ['control1', 'control2', 'control3'], vms: ['a', 'b'] };
const rounds = (seed: number, count: number): ChaosRound[] =>
  Array.from({ length: count }, (_, index) => chaosRound(seed, index + 1, targets));
const faultsOf = (some: ChaosRound[]): ChaosFault[] => some.flatMap(({ faults }) => faults.map(({ fault }) => fault));

describe('a plan of chaos', () => {
  it('is the same for the same seed, and each round without those before it', () => {
    expect(rounds(7, 30)).toEqual(rounds(7, 30));
    expect(chaosRound(7, 30, targets)).toEqual(rounds(7, 30).at(-1));
  });

  it('is another for another seed', () => {
    expect(rounds(7, 10)).not.toEqual(rounds(8, 10));
  });

  it('has every kind of fault in it, single and double, settled and in haste', () => {
    const many = rounds(1, 400);
    expect(new Set(faultsOf(many).map(({ kind }) => kind))).toEqual(new Set([
      'power-off', 'power-reset', 'isolated', 'link-down', 'frozen', 'shutdown', 'agent-stopped', 'program-killed',
      'program-frozen', 'qemu-killed', 'san-off', 'bus-down', 'control-off', 'control-frozen', 'control-cut', 'migrate',
      'lun-lost',
    ]));
    expect(new Set(many.map(({ faults }) => faults.length))).toEqual(new Set([1, 2]));
    expect(new Set(many.map(({ settles }) => settles))).toEqual(new Set([true, false]));
  });

  it('hits every target, and every program on a node that has it', () => {
    const faults = faultsOf(rounds(2, 2000));
    const hit = new Set(faults.flatMap((fault) => ('program' in fault ? [`${fault.node} ${fault.program}`] : [])));
    expect([...hit].sort()).toEqual([
      ...['nats', 'scheduler', 'failover', 'api'].flatMap((program) =>
        targets.control.map((node) => `${node} ${program}`)),
      'san1 storage', 'san1 tgtd',
      ...targets.hosts.flatMap((host) => [`${host} agent`, `${host} libvirtd`]),
    ].sort());
    expect(new Set(faults.flatMap((fault) => ('vm' in fault ? [fault.vm] : [])))).toEqual(new Set(targets.vms));
  });

  it.each([
    ['power', ['power-off', 'power-reset', 'shutdown', 'control-off']],
    ['cables', ['isolated', 'link-down', 'control-cut']],
    ['processes', ['frozen', 'control-frozen']],
  ])('never does two to the %s of one machine at a time, also where hosts are control nodes', (_part, kinds) => {
    const onHosts = { ...targets, control: targets.hosts };
    for (let number = 1; number <= 2000; number += 1) {
      const machines = chaosRound(3, number, onHosts).faults
        .filter(({ fault }) => kinds.includes(fault.kind))
        .map(({ fault }) => machineOf(fault));
      expect(new Set(machines).size).toBe(machines.length);
    }
  });

  it('is bounded in time', () => {
    for (const { faults, restMs } of rounds(4, 500)) {
      expect(restMs).toBeLessThanOrEqual(4000);
      for (const { afterMs, fault } of faults) {
        expect(afterMs).toBeLessThanOrEqual(4000);
        expect('lastsMs' in fault ? fault.lastsMs : 0).toBeLessThanOrEqual(12_000);
      }
    }
  });

  it('says in words what is done to whom', () => {
    expect(faultText({ kind: 'power-off', host: 'h2', lastsMs: 2500 })).toBe('power-off h2 for 2.5 s');
    expect(faultText({ kind: 'link-down', host: 'h1', network: 'storage', lastsMs: 3000 }))
      .toBe('link-down h1 storage for 3.0 s');
    expect(faultText({ kind: 'program-killed', node: 'control1', program: 'nats' }))
      .toBe('program-killed control1 nats');
    expect(faultText({ kind: 'san-off', lastsMs: 3000 })).toBe('san-off san1 for 3.0 s');
    expect(faultText({ kind: 'control-cut', node: 'control2', lastsMs: 3000 })).toBe('control-cut control2 for 3.0 s');
    expect(faultText({ kind: 'lun-lost', vm: 'b', lastsMs: 2000 })).toBe('lun-lost b for 2.0 s');
    expect(faultText({ kind: 'migrate', vm: 'a' })).toBe('migrate a');
  });
});
