import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdfastAlone } from './testing/command-line.js';

let stateDirectory: string;

beforeAll(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
});
afterAll(() => {
  rmSync(stateDirectory, { recursive: true, force: true });
});

const holdfast = (line: string) => holdfastAlone(line, stateDirectory);

describe('a fault where no lab runs is refused, and says how to start one', () => {
  test.each([
    'lab status',
    'lab power h1 off',
    'lab shutdown h1',
    'lab reboot h1',
    'lab link h1 storage down',
    'lab agent h1 stop',
    'lab pause h1 3',
    'lab san down',
    'lab bus down',
    'lab control control2 off',
    'lab program control2 failover freeze',
  ])('%s', async (line) => {
    const { code, out, err } = await holdfast(line);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('no lab runs here');
    expect(err).toContain('./holdfast up');
  });

  test('with --json, as a document', async () => {
    const { err } = await holdfast('lab status --json');
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'not-running' } });
  });
});

describe('a fault that is called wrongly exits 2', () => {
  test.each([
    ['lab power h1 maybe', 'on, off, reset'],
    ['lab power h1', 'missing required argument'],
    ['lab shutdown', 'missing required argument'],
    ['lab reboot', 'missing required argument'],
    ['lab link h1 uplink down', 'management, storage, guest, private, bmc'],
    ['lab link h1 storage sideways', 'up, down'],
    ['lab agent h1 restart', 'stop, start'],
    ['lab san off', 'up, down'],
    ['lab bus', 'missing required argument'],
    ['lab control control2 sleep', 'off, on, freeze, thaw, cut, join'],
    ['lab program control2 nats', 'missing required argument'],
    ['up --control 2', 'Give 1, 3, 5 or hosts'],
    ['lab explode', 'explode'],
  ])('%s', async (line, says) => {
    const { code, err } = await holdfast(line);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});

describe('the number of hosts', () => {
  test.each(['up --hosts many', 'lab up --hosts many', 'up --hosts -1', 'demo --hosts 2.5'])(
    '%s: only a whole number will do',
    async (line) => {
      const { code, err } = await holdfast(line);
      expect(code).toBe(2);
      expect(err).toContain('Give a whole number');
    },
  );

  test.each(['up --hosts', 'lab up --hosts'])('%s: the number is missing', async (line) => {
    const { code, err } = await holdfast(line);
    expect(code).toBe(2);
    expect(err).toContain('--hosts <N>');
  });

  test.each(['up --hosts 0', 'up --hosts 65', 'lab up --hosts 0', 'up --simulated --hosts 0'])(
    '%s: refused, with the range',
    async (line) => {
      const { code, err } = await holdfast(line);
      expect(code).toBe(1);
      expect(err).toMatch(/hosts.*1 to \d+/);
    },
  );
});

test('down where nothing runs is done', async () => {
  expect(await holdfast('lab down')).toMatchObject({ code: 0 });
  expect(await holdfast('down --json')).toMatchObject({ code: 0, out: '{\n  "down": true\n}\n' });
});
