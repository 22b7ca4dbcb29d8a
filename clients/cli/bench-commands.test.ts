import { describe, expect, test } from 'vitest';
import { holdfastAlone } from './testing/command-line.js';

const holdfast = (line: string) => holdfastAlone(line, '/nonexistent');

describe('a benchmark of failover that is called wrongly is refused before any lab is made', () => {
  test('a fault that nobody knows: with those that there are', async () => {
    const { code, err } = await holdfast('bench failover --faults power,flood');
    expect(code).toBe(2);
    expect(err).toContain('There is no fault flood; choose from power, isolated, frozen, qemu-killed, with-bus.');
  });

  test.each(['0', '1001'])('%s runs: with the range', async (runs) => {
    const { code, err } = await holdfast(`bench failover --runs ${runs}`);
    expect(code).toBe(1);
    expect(err).toMatch(/runs: \d+ is not from 1 to 1000/);
  });
});

describe('a comparison with a peer that is asked for wrongly is refused before any lab is made', () => {
  test('a peer that nobody knows: with the one there is', async () => {
    const { code, err } = await holdfast('bench failover --peer vsphere');
    expect(code).toBe(2);
    expect(err).toContain('There is no peer vsphere; choose pacemaker.');
  });

  test('together with many VMs', async () => {
    const { code, err } = await holdfast('bench failover --peer pacemaker --vms 3');
    expect(code).toBe(2);
    expect(err).toContain('--vms');
  });

  test.each(['0', '101'])('%s runs: with the range', async (runs) => {
    const { code, err } = await holdfast(`bench failover --peer pacemaker --peer-runs ${runs}`);
    expect(code).toBe(1);
    expect(err).toMatch(/peer-runs: \d+ is not from 1 to 100/);
  });

  test('without the fault that both are measured after', async () => {
    const { code, err } = await holdfast('bench failover --peer pacemaker --faults isolated');
    expect(code).toBe(1);
    expect(err).toMatch(/by power alone\s+remedy: add it to --faults/);
  });
});

test.each(['0', '21'])('%s VMs of one host are refused before any lab is made: with the range', async (vms) => {
  const { code, err } = await holdfast(`bench failover --vms ${vms}`);
  expect(code).toBe(1);
  expect(err).toMatch(/vms: \d+ is not from 1 to 20/);
});

describe('a benchmark of many agents that is called wrongly is refused before anything is started', () => {
  test.each(['--hosts 0', '--hosts 2001', '--seconds 0', '--runs 0'])('%s: with the range', async (flags) => {
    const { code, err } = await holdfast(`bench agents ${flags}`);
    expect(code).toBe(1);
    expect(err).toMatch(/(hosts|seconds|runs): \d+ is not from 1 to \d+/);
  });
});

describe('a benchmark of suspicion that is called wrongly is refused before any lab is made', () => {
  test('with a stress that nobody knows', async () => {
    const { code, err } = await holdfast('bench suspicion --minutes 1 --stress heat');
    expect(code).toBe(2);
    expect(err).toContain('cpu, loss, pauses');
  });

  test('for no time at all', async () => {
    const { code, err } = await holdfast('bench suspicion --minutes 0 --stress cpu');
    expect(code).toBe(1);
    expect(err).toContain('minutes: 0 is not from 1 to 1440');
  });
});

describe('chaos that is called wrongly is refused before any lab is made', () => {
  test('without a seed', async () => {
    const { code, err } = await holdfast('lab chaos --minutes 1');
    expect(code).toBe(2);
    expect(err).toContain('--seed <S>');
  });

  test.each(['--minutes 0 --seed 1', '--minutes 9999 --seed 1', '--minutes 1 --seed 1 --vms 99'])(
    '%s: with the range',
    async (flags) => {
      const { code, err } = await holdfast(`lab chaos ${flags}`);
      expect(code).toBe(1);
      expect(err).toMatch(/(minutes|vms): \d+ is not from 1 to \d+/);
    },
  );
});

test.each(['hosts', 'placements'])('a benchmark of placements with --%s 1 is refused, with the range', async (flag) => {
  const { code, err } = await holdfast(`bench place --${flag} 1`);
  expect(code).toBe(1);
  expect(err).toContain(`${flag}: 1 is not from`);
});

test.each(['capacity', 'recover'])('%s beside a peer with 1 host is refused, with the range', async (bench) => {
  const { code, err } = await holdfast(`bench ${bench} --peer-hosts 1`);
  expect(code).toBe(1);
  expect(err).toMatch(/peer-hosts: 1 is not from \d to 1000/);
});
