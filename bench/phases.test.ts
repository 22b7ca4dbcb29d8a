import { describe, expect, it } from 'vitest';
import { phasesOf } from './phases.js';

type VmEvent = Parameters<typeof phasesOf>[2][number];

const event = (name: string, atMs: number): VmEvent => ({
  specversion: '1.0',
  id: `${name}-${atMs}`,
  source: 'holdfast/scheduler',
  type: `io.holdfast.vm.${name}.v1`,
  subject: 'bench1',
  time: new Date(atMs).toISOString(),
  datacontenttype: 'application/json',
  data: { text: name, atMs, operation: null, incident: null },
});

const before = [event('placed', 500), event('starting', 520), event('started', 900)];

describe('the phases of a recovery', () => {
  it('of a lost host are told by its incident and the VM', () => {
    const events = [...before, event('placed', 2410), event('starting', 2440), event('started', 2900)];
    expect(phasesOf(1000, [{ openedAtMs: 1950, provenAtMs: 2400 }], events)).toEqual({
      suspectedMs: 950,
      provenMs: 1400,
      placedMs: 1410,
      attachedMs: 1440,
      runningMs: 1900,
    });
  });

  it('of a copy that ended alone are told by the VM', () => {
    const events = [...before, event('crashed', 1260), event('starting', 1300), event('started', 1620)];
    expect(phasesOf(1000, [], events)).toEqual({
      suspectedMs: 260,
      provenMs: 260,
      placedMs: 260,
      attachedMs: 300,
      runningMs: 620,
    });
  });

  it('count a suspicion that was taken back as noticed', () => {
    const events = [event('placed', 2410), event('starting', 2440), event('started', 2900)];
    const incidents = [
      { openedAtMs: 2300, provenAtMs: 2400 },
      { openedAtMs: 1500, provenAtMs: null },
    ];
    expect(phasesOf(1000, incidents, events)).toMatchObject({ suspectedMs: 500, provenMs: 1400 });
  });

  it('are those of the start that went well, not of one that failed before it', () => {
    const events = [
      ...[event('placed', 2410), event('starting', 2440), event('start-failed', 2500)],
      ...[event('placed', 2510), event('starting', 2540), event('started', 2900)],
    ];
    const phases = phasesOf(1000, [{ openedAtMs: 2000, provenAtMs: 2400 }], events);
    expect(phases).toMatchObject({ placedMs: 1510, attachedMs: 1540, runningMs: 1900 });
  });

  it.each([
    ['the VM was not started again', [{ openedAtMs: 2000, provenAtMs: 2400 }], before],
    ['it was started without a proof', [{ openedAtMs: 2000, provenAtMs: null }],
      [event('placed', 2410), event('starting', 2440), event('started', 2900)]],
    ['nobody noticed the fault', [],
      [event('placed', 2410), event('starting', 2440), event('started', 2900)]],
  ])('are missing with a sentence: %s', (sentence, incidents, events) => {
    expect(phasesOf(1000, incidents, events)).toBe(sentence);
  });
});
