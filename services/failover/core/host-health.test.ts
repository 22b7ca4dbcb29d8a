import { accepted, refused, type HostRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitResume, type ProbeKind } from './index.js';
import { boot1, boot2, envAt, heartbeat, hostRecord, observed, startMs, Watched } from './testing/hosts.js';

const probed = (kind: ProbeKind) => accepted({ kind });
const storageHeard = (heardAgoMs: number | null, hearsForMs = 60_000) =>
  accepted({ heardAgoMs, hearsForMs, sessions: 1 });

/** Silent on the bus, nobody asked yet. */
function suspected(): Watched {
  const watched = new Watched();
  watched.after(1000);
  return watched;
}

/** What the other paths say, when all the time they may take has passed. */
function judged(
  probe: ProbeKind | null,
  heardAgoMs: number | null | undefined,
  before = suspected(),
  hearsForMs = 60_000,
): Watched {
  before.after(1100);
  if (heardAgoMs !== undefined) before.answer('view/', storageHeard(heardAgoMs, hearsForMs));
  if (probe) before.answer('probe/', probed(probe));
  return before;
}

describe('suspicion', () => {
  test('a silent host is suspected, asked about, and nothing else', () => {
    const watched = new Watched();
    expect(watched.after(999).state.health).toBe('online');
    expect(watched.after(1).state).toMatchObject({ health: 'suspect', epoch: 2 });
    expect(watched.asked()).toEqual(['probe', 'storage-view', 'power-view']);
  });

  test('a host that another replica hears is not suspected again and again by one that does not', () => {
    const deaf = new Watched();
    deaf.clearedAtMs = deaf.nowMs;
    expect(deaf.after(2999).state.health).toBe('online');
    expect(deaf.after(1).state.health).toBe('suspect');
  });

  test('a clock that was set back does not keep a silent host from being suspected', () => {
    const back = new Watched();
    back.clearedAtMs = back.nowMs + 60_000;
    expect(back.after(1000).state.health).toBe('suspect');
  });

  test('what one replica says of it stands for a while against what another sees', () => {
    const many = suspected();
    many.silentCount = 4;
    judged('silent', 100, many);
    expect(many.host).toMatchObject({ health: 'held' });
    const { reason } = many.host;
    many.seenAtMs = many.nowMs;
    many.silentCount = 5;
    many.after(1000);
    many.answer('probe/', probed('silent'));
    many.answer('view/', storageHeard(100));
    expect(many.host.reason).toBe(reason);
    many.after(1000);
    many.answer('probe/', probed('silent'));
    expect(many.host.reason).not.toBe(reason);
  });

  test('silence alone never fences, however long it lasts', () => {
    const watched = suspected();
    for (let minute = 0; minute < 60; minute += 1) watched.after(60_000);
    expect(watched.host).toMatchObject({ health: 'suspect', epoch: 2 });
    expect(judged(null, null).host.health).toBe('suspect');
  });

  test('what storage says is waited for, but not for ever', () => {
    const watched = suspected();
    watched.answer('probe/', probed('silent'));
    expect(watched.host.health).toBe('suspect');
    expect(watched.after(500).state.health).toBe('fencing');
  });

  test('a host silent on every path is fenced as dead, one heard by storage as isolated', () => {
    expect(judged('silent', 5000).host).toMatchObject({ health: 'fencing', epoch: 3, incident: { verdict: 'dead' } });
    expect(judged('silent', null).host.incident?.verdict).toBe('dead');
    expect(judged('silent', 100).host.incident?.verdict).toBe('isolated');
    expect(judged('hung', 5000).host.incident?.verdict).toBe('frozen');
  });

  test('an isolated host is left alone if all its VMs say so, until storage does not hear it either', () => {
    const left = suspected();
    left.isLeftIsolated = true;
    const { host } = judged('silent', 100, left);
    expect(host).toMatchObject({ health: 'suspect', epoch: 2, incident: { verdict: 'isolated', state: 'suspected' } });
    expect(host.reason).toContain('its VMs are to be left there');
    expect(left.asked()).toEqual(['probe', 'storage-view', 'power-view']);
    left.after(2000);
    expect(judged('silent', 5000, left).host).toMatchObject({ health: 'fencing', incident: { verdict: 'dead' } });
  });

  test('a host whose agent alone is down is spared, and one that only lost its way to the bus', () => {
    for (const kind of ['refused', 'answers'] as const) {
      const watched = judged(kind, 100);
      expect(watched.host).toMatchObject({ health: 'suspect', epoch: 2, incident: { state: 'suspected' } });
      expect(watched.asked()).toEqual(['probe', 'storage-view', 'power-view']);
    }
  });

  test('a host that connects is not isolated: it is spared while storage hears its silent agent', () => {
    const watched = suspected();
    watched.after(1500);
    judged('hung', 100, watched);
    expect(watched.host).toMatchObject({ health: 'suspect', epoch: 2, incident: { verdict: 'agent-hung' } });
    watched.after(2000);
    expect(judged('hung', 5000, watched).host).toMatchObject({ health: 'fencing', incident: { verdict: 'frozen' } });
  });

  test('an agent that has answered and then does not is asked again before its host counts as frozen', () => {
    const watched = suspected();
    judged('answers', 100, watched);
    expect(watched.host.incident?.verdict).toBe('bus-path');
    watched.after(5000);
    judged('hung', 5000, watched);
    expect(watched.host).toMatchObject({ health: 'suspect', epoch: 2, incident: { verdict: 'agent-hung' } });
    expect(watched.after(999).state.health).toBe('suspect');
    expect(watched.after(1).state).toMatchObject({ health: 'fencing', incident: { verdict: 'frozen' } });
  });

  test('an answer of long ago does not count', () => {
    const watched = suspected();
    watched.answers.set(`probe/${watched.host.incident?.id}`, { atMs: watched.nowMs, reply: probed('silent') });
    watched.nowMs += 2500;
    expect(watched.run().state.health).toBe('suspect');
  });

  test('a host heard again is online, and nothing was done to it', () => {
    const watched = judged('refused', 100);
    expect(watched.hear().state).toMatchObject({ health: 'online', epoch: 2, incident: { state: 'closed' } });
  });

  test('the brake holds when many are silent at once and the storage path does not agree', () => {
    for (const heardAgoMs of [100, undefined]) {
      const many = suspected();
      many.silentCount = 4;
      expect(judged('silent', heardAgoMs, many).host).toMatchObject({ health: 'held', epoch: 2 });
    }
    const agreed = suspected();
    agreed.silentCount = 4;
    expect(judged('silent', 60_000, agreed).host.health).toBe('fencing');
  });

  test('a host whose rhythm is known is suspected earlier', () => {
    const watched = new Watched();
    const { heard } = watched;
    watched.heard = heard && { ...heard, rhythm: { count: 8, meanMs: 250, deviationMs: 0 } };
    expect(watched.after(749).state.health).toBe('online');
    expect(watched.after(1).state.health).toBe('suspect');
  });

  test('a replica that has only begun to listen judges nobody', () => {
    const watched = judged(null, null);
    watched.listeningSinceMs = watched.nowMs - 900;
    watched.answer('probe/', probed('silent'));
    expect(watched.host.health).toBe('suspect');
    watched.after(100);
    expect(watched.host.health).toBe('fencing');
  });

  test('heard by storage no later than on the bus, it is silent on both', () => {
    const early = new Watched();
    early.after(1000);
    early.answer('view/', storageHeard(800));
    early.after(400);
    early.answer('probe/', probed('silent'));
    expect(early.host).toMatchObject({ health: 'fencing', incident: { verdict: 'dead' } });
  });

  test('a storage node that hears no host, or has only begun to, is no witness that many are dead', () => {
    for (const hearsForMs of [0, 200]) {
      const many = suspected();
      many.silentCount = 4;
      const { host } = judged('silent', 60_000, many, hearsForMs);
      expect(host).toMatchObject({ health: 'held', incident: { verdict: 'common-cause' } });
    }
    expect(judged('silent', 60_000, suspected(), 0).host.health).toBe('fencing');
  });

  test('a host is given time to come back after the others, once many were silent', () => {
    const many = suspected();
    many.silentCount = 4;
    expect(judged('silent', 100, many).host.health).toBe('held');
    many.silentCount = 1;
    many.after(900);
    many.answer('view/', storageHeard(100));
    many.answer('probe/', probed('silent'));
    expect(many.host.health).toBe('held');
    expect(many.after(200).state.health).toBe('fencing');
  });

  test('a person releases the brake for one host, which is then judged by itself', () => {
    const many = suspected();
    many.silentCount = 4;
    judged('silent', 100, many);
    const asked = { incident: many.host.incident?.id ?? '', host: 'h1', reason: 'the rack burns', by: 'ann' };
    const { change, reply } = admitResume(many.host, asked, many.arming, envAt(many.nowMs));
    expect(reply.ok).toBe(true);
    many.host = change ?? many.host;
    expect(many.host.incident?.decisions.at(-1)?.text).toContain('ann releases the brake: the rack burns');
    expect(many.run().state).toMatchObject({ health: 'fencing', epoch: 3 });
  });

  test('there is nothing to release at a host that is not held, at another incident, or disarmed', () => {
    const many = suspected();
    many.silentCount = 4;
    const incident = many.host.incident?.id ?? '';
    const asked = { incident, host: 'h1', reason: 'the rack burns', by: 'ann' };
    const answer = (patch: Partial<typeof asked>, armed = true): unknown =>
      admitResume(many.host, { ...asked, ...patch }, { ...many.arming, armed }, envAt(many.nowMs));
    const conflict = { change: null, reply: { ok: false, refusal: { code: 'conflict', field: 'incident' } } };
    expect(answer({})).toMatchObject(conflict);
    judged('silent', 100, many);
    expect(answer({ incident: 'another' })).toMatchObject(conflict);
    expect(answer({}, false)).toMatchObject(conflict);
    expect(answer({})).toMatchObject({ reply: { ok: true } });
  });

  test('two of three silent hosts are many, one of three is not', () => {
    const small = (silentCount: number) => Object.assign(suspected(), { hostCount: 3, silentCount });
    expect(judged('silent', 100, small(2)).host.health).toBe('held');
    expect(judged('silent', 100, small(1)).host.health).toBe('fencing');
  });

  test('while the bus does not answer us nobody is judged', () => {
    const deaf = new Watched();
    deaf.busAnswers = false;
    const looked = deaf.after(60_000);
    expect(looked.state.health).toBe('online');
    expect(looked.wakeAtMs).toBe(deaf.nowMs + 500);
    const later = suspected();
    later.busAnswers = false;
    expect(judged('silent', null, later).host).toMatchObject({ health: 'held', epoch: 2 });
  });

  test('another machine under the host’s name does not keep the host from being missed', () => {
    const watched = new Watched();
    watched.nowMs += 1000;
    const stranger = heartbeat(boot1, '00000000-0000-4000-8000-000000000009');
    watched.heard = { heartbeat: stranger, atMs: watched.nowMs, rhythm: null };
    expect(watched.run().state.health).toBe('suspect');
  });
});

describe('a host on its way back', () => {
  test('that another replica hears is not out again at once for one that does not', () => {
    const { incident: opened } = suspected().host;
    const incident: HostRecord['incident'] = opened && { ...opened, state: 'fenced', epoch: 3 };
    const proof = { kind: 'rebooted' as const, epoch: 3, atMs: startMs, detail: '', voidedAtMs: null };
    const deaf = new Watched(hostRecord({ health: 'joining', epoch: 4, incident, evidence: [proof] }));
    deaf.nowMs += 60_000;
    deaf.clearedAtMs = deaf.nowMs;
    deaf.observed = null;
    expect(deaf.after(4999).state.health).toBe('joining');
    expect(deaf.after(1).state).toMatchObject({ health: 'fenced', epoch: 4 });
  });
});

describe('a new boot', () => {
  test('is proof at once, without anybody being asked', () => {
    const watched = new Watched();
    const { state } = watched.hear(boot2);
    expect(state).toMatchObject({ epoch: 3, incident: { verdict: 'rebooted' } });
    expect(state.evidence).toMatchObject([{ kind: 'rebooted', epoch: 3, voidedAtMs: null }]);
  });

  test('a heartbeat of the boot before is not taken for one', () => {
    const watched = new Watched(hostRecord({ bootId: boot2, changedAtMs: startMs + 500 }));
    watched.heard = { heartbeat: heartbeat(boot1), atMs: startMs, rhythm: null };
    watched.nowMs = startMs + 600;
    expect(watched.run().state).toMatchObject({ health: 'online', evidence: [] });
    const joining = new Watched(hostRecord({ health: 'joining', bootId: boot2, changedAtMs: startMs + 500 }));
    joining.nowMs = startMs + 600;
    expect(joining.run().state).toMatchObject({ bootId: boot2, epoch: 2 });
  });

  test('heard while suspected it proves, too', () => {
    const { state } = suspected().hear(boot2);
    expect(state.evidence).toMatchObject([{ kind: 'rebooted', epoch: 3 }]);
  });
});

describe('joining', () => {
  const joining = (): Watched => new Watched(hostRecord({ health: 'joining' }));

  test('a host is online only when its agent accepted the epoch in this boot and has no stale copy', () => {
    const stale = { vm: 'web1', uid: 'u', generation: 1, hostEpoch: 1 };
    for (const patch of [
      { epoch: 1 },
      { bootId: boot2 },
      { staleCopies: [stale] },
      { hypervisor: 'disconnected' as const },
    ]) {
      const watched = joining();
      watched.observed = observed(patch);
      expect(watched.run().state.health).toBe('joining');
    }
    expect(joining().run().state.health).toBe('online');
    expect(joining().after(1000).state.health).toBe('joining');
  });

  test('its power switch is checked in every boot until that was answered', () => {
    const watched = new Watched(hostRecord({ power: { state: 'unchecked', detail: '' } }));
    expect(watched.asked()).toEqual(['check-power']);
    expect(new Watched().asked()).toEqual([]);
  });

  test('a boot while joining is a new epoch', () => {
    const watched = joining();
    expect(watched.hear(boot2).state).toMatchObject({ health: 'joining', epoch: 3, bootId: boot2 });
  });
});

test('a refused probe is no word about the host', () => {
  const watched = suspected();
  watched.after(1100);
  watched.answer('probe/', refused('unavailable', 'no route'));
  expect(watched.host.health).toBe('suspect');
});
