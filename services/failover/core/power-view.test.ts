import { accepted, refused, type Reply } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import type { ProbeKind } from './index.js';
import { hostRecord, Watched } from './testing/hosts.js';

const reads = (state: 'on' | 'off', from?: string) => accepted({ state, ...(from === undefined ? {} : { from }) });
const heardAgo = (heardAgoMs: number | null) => accepted({ heardAgoMs, hearsForMs: 60_000, sessions: 0 });
const noAnswer = refused('unavailable', 'BMC: no answer');

function suspected(nodes = ['san1']): Watched {
  const watched = new Watched();
  watched.storageNodes = nodes;
  watched.after(1000);
  expect(watched.host.health).toBe('suspect');
  return watched;
}

/** All that the other paths say, the power switch first. */
function told(probe: ProbeKind, storage: number | null, power: Reply<unknown> | null): Watched {
  const watched = suspected();
  watched.after(1100);
  if (power) watched.answer('power-view/', power);
  watched.answer('view/', heardAgo(storage));
  watched.answer('probe/', accepted({ kind: probe }));
  return watched;
}

const powerViews = ({ host }: Watched): string[] =>
  (host.incident?.views ?? []).filter(({ view }) => /bmc|pdu/.test(view)).map(({ view, says }) => `${view} ${says}`);

describe('the reading of a power switch', () => {
  test('is asked for while a host is suspected, and only of a switch that is its own', () => {
    expect(suspected().asked()).toContain('power-view');
    for (const state of ['none', 'unchecked', 'mismatch'] as const) {
      const watched = new Watched(hostRecord({ power: { state, detail: '' } }));
      watched.after(1000);
      expect(watched.host.health).toBe('suspect');
      expect(watched.asked()).not.toContain('power-view');
    }
  });

  test('is kept with the incident, by the name of who says it', () => {
    expect(powerViews(told('silent', null, reads('on')))).toEqual(['bmc reads on']);
    expect(powerViews(told('silent', null, reads('off', 'pdu-a+pdu-b')))).toEqual(['pdu-a+pdu-b reads off']);
    expect(powerViews(told('silent', null, noAnswer))).toEqual(['bmc no answer']);
    expect(powerViews(told('silent', null, null))).toEqual([]);
  });

  test('of off makes the verdict `power-lost` when every other path is silent', () => {
    expect(told('silent', null, reads('off')).host).toMatchObject({
      health: 'fencing',
      incident: { verdict: 'power-lost', state: 'fencing' },
    });
    expect(told('silent', null, reads('on')).host.incident?.verdict).toBe('dead');
    expect(told('silent', null, noAnswer).host.incident?.verdict).toBe('dead');
  });

  test('of off spares the wait for a storage node that has not answered', () => {
    const watched = suspected(['san1', 'san2']);
    watched.answer('view/', heardAgo(5000));
    watched.answer('probe/', accepted({ kind: 'silent' }));
    expect(watched.host.health).toBe('suspect');
    watched.answer('power-view/', reads('off'));
    expect(watched.host).toMatchObject({ health: 'fencing', incident: { verdict: 'power-lost' } });
  });

  test('is nothing to wait for, nor to be spared by', () => {
    for (const power of [null, reads('on'), noAnswer]) {
      const watched = suspected();
      if (power) watched.answer('power-view/', power);
      watched.answer('view/', heardAgo(null));
      watched.answer('probe/', accepted({ kind: 'silent' }));
      expect(watched.host).toMatchObject({ health: 'fencing', incident: { verdict: 'dead' } });
    }
  });

  test('proves nothing, and does not outweigh a path on which the host is heard', () => {
    const lost = told('silent', null, reads('off'));
    expect(lost.host).toMatchObject({ health: 'fencing', evidence: [] });
    expect(lost.after(60_000).state).toMatchObject({ health: 'fencing', evidence: [] });
    expect(told('silent', 100, reads('off')).host.incident?.verdict).toBe('isolated');
    for (const kind of ['answers', 'refused'] as const) {
      expect(told(kind, null, reads('off')).host).toMatchObject({ health: 'suspect', epoch: 2 });
    }
  });

  test('of off does not release the brake: storage must agree all the same', () => {
    const watched = suspected(['san1', 'san2']);
    watched.silentCount = 4;
    watched.answer('power-view/', reads('off'));
    watched.answer('probe/', accepted({ kind: 'silent' }));
    expect(watched.host).toMatchObject({ health: 'suspect', epoch: 2 });
    watched.after(600);
    expect(watched.host).toMatchObject({ health: 'held', epoch: 2 });
  });
});
