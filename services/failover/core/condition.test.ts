import { accepted, type ObservedVm } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitFence, defaultTiming, type ProbeKind } from './index.js';
import { boot2, observed, Watched } from './testing/hosts.js';

const running: ObservedVm = {
  uid: 'uid',
  generation: 1,
  hostEpoch: 2,
  state: 'running',
  reason: '',
  sinceMs: 0,
  reboot: null,
  migration: null,
};
const { unmanagedAfterMs } = defaultTiming;
const events = ({ host }: Watched): string[] => host.transitions.map(({ event }) => event);

/** Silent on the bus, and this is what its probe port says, again and again. */
function probed(kind: ProbeKind, watched = new Watched()): Watched {
  watched.observed = observed({ vms: { vm1: running } });
  watched.after(1000);
  watched.answer('view/', accepted({ heardAgoMs: null, hearsForMs: 60_000, sessions: 0 }));
  watched.answer('probe/', accepted({ kind }));
  return watched;
}

function later(watched: Watched, ms: number, kind: ProbeKind): void {
  watched.after(ms);
  watched.answer('probe/', accepted({ kind }));
}

/** Heard, while its hypervisor does not answer. */
function hypervisorDown(): Watched {
  const watched = new Watched();
  watched.observed = observed({ hypervisor: 'disconnected', vms: { vm1: running } });
  watched.hear();
  return watched;
}

describe('what is wrong with a host that is not fenced for it', () => {
  test('its agent is down: told once, and over when it is heard again', () => {
    const watched = probed('refused');
    expect(watched.host).toMatchObject({ health: 'suspect', condition: { kind: 'agent-down', alertedAtMs: null } });
    later(watched, 2000, 'refused');
    expect(events(watched)).toEqual(['host.suspect', 'host.suspect', 'host.degraded']);
    watched.hear();
    expect(watched.host).toMatchObject({ health: 'online', condition: null });
  });

  test('its way to the bus is broken', () => {
    expect(probed('answers').host).toMatchObject({ health: 'suspect', condition: { kind: 'bus-path' } });
  });

  test('its hypervisor does not answer: it stays online, and both the beginning and the end are told', () => {
    const watched = hypervisorDown();
    expect(watched.host).toMatchObject({ health: 'online', condition: { kind: 'hypervisor-down' } });
    watched.observed = observed();
    watched.hear();
    expect(watched.host).toMatchObject({ health: 'online', condition: null });
    expect(events(watched)).toEqual(['host.degraded', 'host.sound']);
  });

  test('its disks do not answer: only if every storage node is a witness, and hears it not, is it its own path', () => {
    const says = (heardAgoMs: number | null, hearsForMs = 60_000): Watched => {
      const watched = new Watched();
      watched.observed = observed({ lostPools: { san: 1 }, vms: { vm1: running } });
      watched.hear();
      watched.answer('view/', accepted({ heardAgoMs, hearsForMs, sessions: 0 }));
      return watched;
    };
    const lost = says(5000);
    expect(lost.host).toMatchObject({ health: 'online', epoch: 2, condition: { kind: 'storage-path-lost' } });
    lost.observed = observed();
    lost.hear();
    expect(lost.host.condition).toBeNull();
    expect(says(100).host.condition ?? null).toBeNull();
    expect(says(5000, 0).host.condition ?? null).toBeNull();
  });

  test('what another boot of it has reported says nothing', () => {
    const watched = new Watched();
    watched.observed = observed({ hypervisor: 'disconnected', bootId: boot2 });
    watched.hear();
    expect(watched.host.condition ?? null).toBeNull();
  });

  test('never fences by itself, however long it lasts', () => {
    const watched = probed('refused');
    for (let minute = 0; minute < 60; minute += 1) later(watched, 60_000, 'refused');
    expect(watched.host).toMatchObject({ health: 'suspect', epoch: 2 });
  });
});

describe('VMs that nobody can manage', () => {
  test('are told of once, after the time that is set, with what a person can do', () => {
    const watched = probed('refused');
    later(watched, unmanagedAfterMs - 100, 'refused');
    expect(events(watched)).not.toContain('host.unmanaged');
    later(watched, 100, 'refused');
    later(watched, unmanagedAfterMs, 'refused');
    const told = watched.host.transitions.filter(({ event }) => event === 'host.unmanaged');
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toContain('1 VM runs on and nobody can manage them, for 300 s (agent-down)');
    expect(told[0]?.text).toContain('host fence h1');
  });

  test('their time goes on from one condition to another', () => {
    const watched = probed('answers');
    const sinceMs = watched.host.condition?.sinceMs;
    later(watched, 60_000, 'refused');
    expect(watched.host.condition).toMatchObject({ kind: 'agent-down', sinceMs });
    later(watched, 60_000, 'hung');
    expect(watched.host.condition).toMatchObject({ kind: 'agent-hung', sinceMs });
  });

  test('a host without a VM needs nobody', () => {
    const watched = hypervisorDown();
    watched.observed = observed({ hypervisor: 'disconnected' });
    watched.nowMs += unmanagedAfterMs;
    watched.hear();
    expect(events(watched)).toEqual(['host.degraded']);
  });

  test('of a host that is heard, too', () => {
    const watched = hypervisorDown();
    watched.nowMs += unmanagedAfterMs;
    watched.hear();
    expect(events(watched)).toEqual(['host.degraded', 'host.unmanaged']);
  });
});

describe('a fence that a person orders', () => {
  const asked = { host: 'h1', confirm: 'h1', reason: 'libvirtd is dead', by: 'ann' };

  test('begins like any other, with its own verdict, and ends what was wrong', () => {
    const watched = hypervisorDown();
    const { change, reply } = admitFence(watched.view(), asked);
    expect(reply).toMatchObject({ ok: true, value: { host: 'h1', incident: change?.incident?.id } });
    expect(change).toMatchObject({ health: 'fencing', epoch: 3, condition: null, incident: { verdict: 'by-person' } });
    watched.host = change ?? watched.host;
    expect(watched.asked()).toEqual(['revoke', 'power-off']);
    expect(watched.host.evidence).toEqual([]);
  });

  test('of a host that is left alone goes on with its incident', () => {
    const watched = probed('refused');
    const { change } = admitFence(watched.view(), asked);
    expect(change?.incident?.id).toBe(watched.host.incident?.id);
    watched.host = change ?? watched.host;
    expect(admitFence(watched.view(), asked)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('needs the name twice, an armed cluster, and a host that counts', () => {
    const watched = hypervisorDown();
    const refusal = (patch: object): unknown => admitFence(watched.view(), { ...asked, ...patch });
    expect(refusal({ confirm: 'h2' })).toMatchObject({ change: null, reply: { refusal: { field: 'confirm' } } });
    watched.arming = { armed: false, text: 'disarmed by bob: new switch', reconciles: false };
    expect(refusal({})).toMatchObject({ change: null, reply: { refusal: { code: 'conflict' } } });
    watched.arming = { armed: true, text: '', reconciles: true };
    watched.host = { ...watched.host, health: 'joining' };
    expect(refusal({})).toMatchObject({ change: null, reply: { refusal: { field: 'host' } } });
  });
});
