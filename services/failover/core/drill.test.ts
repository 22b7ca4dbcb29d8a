import { accepted, refused, vmSpecSchema, type DrillRecord, type Reply, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitDrill, canaryName, defaultDrillTiming, stepDrill, type DrillStep, type DrillView } from './index.js';
import { envAt, hostRecord, startMs } from './testing/hosts.js';

const armed = { armed: true, text: '', reconciles: true };
const request = { operation: 'op1', host: 'h1', by: 'ann' };
const facts = { hosts: [hostRecord()], drills: [], canary: null, arming: armed };

function admitted(patch: Partial<typeof facts> | { drills: DrillRecord[] } = {}): ReturnType<typeof admitDrill> {
  return admitDrill(null, request, { ...facts, ...patch }, envAt(startMs));
}

const begun = admitted().change as DrillRecord;

/** Its canary as the scheduler has it; `asked`: which operation is in hand. */
function canary(patch: Partial<VmRecord>, asked: 'create' | 'evict' | null = null): VmRecord {
  const stage = asked === 'create' ? 'starting' : 'evicting';
  const operation = asked && effectsOf({ stage }).find(({ kind }) => kind === asked);
  const base = { name: 'drill-h1', uid: 'u1', canary: true, desired: 'running', phase: 'running', leftovers: [] };
  return {
    ...base,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 64 }),
    reason: 'it says why',
    phaseSinceMs: startMs + 2500,
    assignment: { host: 'h1', hostEpoch: 2, generation: 1 },
    operation: operation && 'operation' in operation ? { id: operation.operation, kind: asked } : null,
    ...patch,
  } as VmRecord;
}

function viewOf(
  drill: Partial<DrillRecord>,
  patch: Partial<DrillView> = {},
  answers: Record<string, Reply<unknown>> = {},
  atMs = startMs,
): DrillView {
  return {
    drill: { ...begun, ...drill },
    host: hostRecord(),
    canary: null,
    watchdog: null,
    arming: armed,
    timing: defaultDrillTiming,
    env: envAt(atMs),
    answer: (key) => {
      const reply = answers[key.split('/')[0] ?? ''];
      return reply ? { atMs, reply } : null;
    },
    ...patch,
  };
}

function effectsOf(drill: Partial<DrillRecord>): DrillStep['effects'] {
  const there = drill.stage === 'evicting' ? ({ canary: true, desired: 'running' } as VmRecord) : null;
  return stepDrill(viewOf(drill, { canary: there })).effects;
}

const step = (...view: Parameters<typeof viewOf>): DrillStep => stepDrill(viewOf(...view));
const evicted = { host: 'h1', generation: 1, atMs: startMs + 1000, shutOutAtMs: startMs + 1200 };
const revoked = { result: 'passed' as const, detail: '', atMs: startMs, tookMs: 200 };

describe('a drill is refused', () => {
  const cases = {
    'while the cluster is disarmed': [{ arming: { ...armed, armed: false, text: 'disarmed by ann: work' } }, 'arm'],
    'for a host that is not online': [{ hosts: [hostRecord({ health: 'suspect' })] }, 'online'],
    'for a host in maintenance': [{ hosts: [hostRecord({ admin: 'maintenance' as const })] }, 'end that'],
    'for a host that is not there': [{ hosts: [] }, 'choose'],
    'while any host is being drilled': [{ drills: [{ ...begun, host: 'h2' }] }, 'wait'],
    'while the canary of the last one is there': [{ canary: canary({}) }, 'wait'],
  } as const;
  test.each(Object.entries(cases))('%s', (_name, [patch, remedy]) => {
    const { change, reply } = admitted(patch as never);
    expect(change).toBeNull();
    expect(reply).toMatchObject({ ok: false, refusal: { remedy: expect.stringContaining(remedy) as string } });
  });

  test('not when the same request comes again', () => {
    const again = admitDrill(begun, request, { ...facts, drills: [begun] as never }, envAt(startMs));
    expect(again).toMatchObject({ change: null, reply: { ok: true, value: { drill: begun.uid } } });
  });
});

describe('the power switch', () => {
  const own = { state: 'verified', detail: 'it is the one', unanswered: [], off: [] } as const;
  test.each([
    ['passed', own],
    ['failed', { ...own, off: ['bmc'] }],
    ['failed', { ...own, unanswered: ['pdu'] }],
    ['failed', { ...own, state: 'mismatch', detail: 'it is of another' }],
    ['absent', { ...own, state: 'none', detail: '' }],
  ] as const)('has %s with %j', (result, found) => {
    const { state } = step({}, {}, { power: accepted(found) });
    expect(state).toMatchObject({ stage: 'starting', checks: { power: { result }, watchdog: { result: 'absent' } } });
  });

  test('that does not answer has failed, with the remedy, and the rest is tried all the same', () => {
    const refusal = step({}, {}, { power: refused('unavailable', 'BMC: no answer') }).state;
    expect(refusal).toMatchObject({ stage: 'starting', checks: { power: { result: 'failed' } } });
    expect(refusal.checks.power.detail).toContain('see that it has power');
    expect(step({}).effects).toMatchObject([{ kind: 'check-power' }]);
    expect(step({}, {}, {}, startMs + 45_000).state).toMatchObject({ stage: 'starting' });
  });
});

describe('the canary', () => {
  test('is asked for on the drilled host, and evicted once it runs there', () => {
    expect(step({ stage: 'starting' }).effects).toMatchObject([{ kind: 'create', vm: 'drill-h1' }]);
    const attaching = canary({ phase: 'attaching' }, 'create');
    expect(step({ stage: 'starting' }, { canary: attaching }).state.stage).toBe('starting');
    expect(step({ stage: 'starting' }, { canary: canary({}) }).state.stage).toBe('evicting');
    expect(step({ stage: 'evicting' }, { canary: canary({}) }).effects).toMatchObject([{ kind: 'evict' }]);
  });

  test('shows a revocation, then a failover, each with how long it took', () => {
    const out = step({ stage: 'evicting' }, { canary: canary({ phase: 'recovering', evicted }, 'evict') }).state;
    expect(out.checks.revocation).toMatchObject({ result: 'passed', tookMs: 200 });
    const there = canary({ evicted, assignment: { host: 'h2', hostEpoch: 2, generation: 2 } });
    const over = step({ stage: 'evicting', checks: out.checks }, { canary: there }).state;
    expect(over).toMatchObject({ stage: 'clearing', checks: { failover: { result: 'passed', tookMs: 1500 } } });
  });

  test('has not failed over while its old copy is still there', () => {
    const assignment = { host: 'h2', hostEpoch: 2, generation: 2 };
    const left = canary({ evicted, assignment, leftovers: [{ host: 'h1', hostEpoch: 2, generation: 1 }] });
    const drill = { stage: 'evicting' as const, checks: { ...begun.checks, revocation: revoked } };
    expect(step(drill, { canary: left }).state.stage).toBe('evicting');
    const late = step(drill, { canary: left }, {}, startMs + 120_000).state.checks.failover;
    expect(late).toMatchObject({ result: 'failed' });
    expect(late.detail).toContain('old copy is still on h1');
  });

  test('that finds no other host fails the failover alone, with the reason', () => {
    const drill = { stage: 'evicting' as const, checks: { ...begun.checks, revocation: revoked } };
    const stuck = canary({ phase: 'recovering', evicted, reason: 'no host can take it' });
    const { checks, stage } = step(drill, { canary: stuck }).state;
    expect(stage).toBe('clearing');
    expect(checks.revocation.result).toBe('passed');
    expect(checks.failover.detail).toBe('no host can take it; failover needs another host with room');
  });

  test('that belongs to somebody else is left alone', () => {
    const foreign = canary({ canary: undefined });
    expect(step({ stage: 'starting' }, { canary: foreign }).state.checks.failover.result).toBe('failed');
    for (const stage of ['clearing', 'done', 'expired'] as const) {
      const { effects } = step({ stage, expiresAtMs: startMs + 1 }, { canary: foreign });
      expect(effects).toEqual([]);
    }
  });

  test('is asked to go for as long as there is one, also one that comes late', () => {
    for (const stage of ['clearing', 'done', 'expired'] as const) {
      const { effects } = step({ stage, expiresAtMs: startMs + 1 }, { canary: canary({}) });
      expect(effects).toMatchObject([{ kind: 'delete' }]);
    }
    const late = step({ stage: 'clearing' }, { canary: canary({}) }, {}, startMs + 120_000).state;
    expect(late).toMatchObject({ stage: 'done', checks: { failover: { result: 'failed' } } });
  });

  test('that a late request has made again is asked to go anew', () => {
    const asked = (phaseSinceMs: number): unknown =>
      step({ stage: 'done', expiresAtMs: startMs + 1 }, { canary: canary({ phaseSinceMs }) }).effects[0];
    expect(asked(startMs)).toEqual(asked(startMs));
    expect(asked(startMs)).not.toEqual(asked(startMs + 5000));
  });

  test('has a name that fits, whatever the host is called', () => {
    expect(canaryName('h1')).toBe('drill-h1');
    const long = ['a', 'b'].map((end) => canaryName(`${'x'.repeat(39)}${end}`));
    expect(new Set(long).size).toBe(2);
    for (const name of long) expect(name).toMatch(/^[a-z0-9-]{1,39}[a-z0-9]$/);
  });
});

describe('a drill', () => {
  test('gives way when the cluster is disarmed or the host is not well', () => {
    const disarmed = { arming: { ...armed, armed: false, text: 'disarmed by ann: work' } };
    for (const patch of [disarmed, { host: hostRecord({ health: 'suspect' }) }, { host: null }]) {
      for (const stage of ['power', 'starting', 'evicting'] as const) {
        const { state } = step({ stage }, patch);
        expect(state).toMatchObject({ stage: 'clearing', checks: { failover: { result: 'failed' } } });
      }
    }
  });

  test('ends with every result, which stand for their time and then expire once', () => {
    const passed = { ...begun.checks };
    for (const name of ['power', 'watchdog', 'revocation', 'failover'] as const) passed[name] = revoked;
    const ended = step({ stage: 'clearing', checks: passed }).state;
    expect(ended).toMatchObject({ stage: 'done', canary: null, endedAtMs: startMs });
    expect(ended.transitions.at(-1)?.event).toBe('drill.passed');
    const failed = step({ stage: 'clearing', checks: { ...passed, power: { ...revoked, result: 'failed' } } }).state;
    expect(failed.transitions.at(-1)).toMatchObject({ event: 'drill.failed', data: { failed: 'power' } });
    const { validForMs } = defaultDrillTiming;
    const before = stepDrill(viewOf(ended, {}, {}, startMs + validForMs - 1));
    expect(before).toMatchObject({ state: { stage: 'done' }, wakeAtMs: startMs + validForMs });
    const expired = step(ended, {}, {}, startMs + validForMs).state;
    expect(expired.transitions.at(-1)?.event).toBe('drill.expired');
    expect(step(expired, {}, {}, startMs + 2 * validForMs)).toEqual({ state: expired, effects: [], wakeAtMs: null });
  });
});
