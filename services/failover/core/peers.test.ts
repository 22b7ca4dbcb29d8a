import { accepted } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { defaultTiming, peersOf, type PeerView } from './index.js';
import { boot1, boot2, hostRecord, Watched } from './testing/hosts.js';

const hosts = ['h1', 'h2', 'h3', 'h4', 'h5'].map((host) => hostRecord({ host }));
const all = (): boolean => true;

describe('the peers that are asked', () => {
  test('are three that come after it by name, the same for every replica', () => {
    expect(peersOf('h1', hosts, all)).toEqual(['h2', 'h3', 'h4']);
    expect(peersOf('h4', [...hosts].reverse(), all)).toEqual(['h5', 'h1', 'h2']);
    expect(peersOf('h9', hosts, all)).toEqual(['h1', 'h2', 'h3']);
  });

  test('are online, heard now, and well', () => {
    const condition = { kind: 'hypervisor-down' as const, sinceMs: 0, text: '', alertedAtMs: null };
    const unwell = [hostRecord({ host: 'h2', health: 'held' }), hostRecord({ host: 'h3', condition })];
    const mixed = [...unwell, ...hosts.slice(3)];
    expect(peersOf('h1', mixed, (host) => host !== 'h4')).toEqual(['h5']);
  });
});

/** Silent to us on every path; what a peer finds, if it says anything. */
function asked(found: PeerView | null): Watched {
  const watched = new Watched();
  watched.peers = ['h2', 'h3'];
  watched.after(1000);
  expect(watched.asked()).toEqual(['probe', 'storage-view', 'peer-probe', 'peer-probe', 'power-view']);
  watched.answer('view/', accepted({ heardAgoMs: null, hearsForMs: 60_000, sessions: 0 }));
  if (found) watched.answer('peer/', accepted(found));
  watched.answer('probe/', accepted({ kind: 'silent' }));
  return watched;
}

describe('what a peer finds', () => {
  test('an answer means that our own way is broken: nobody is judged dead', () => {
    const { host } = asked({ kind: 'answers', bootId: boot1 });
    expect(host).toMatchObject({ health: 'suspect', epoch: 2, incident: { verdict: 'network-ours' } });
    expect(host.reason).toContain('h2 reaches it');
    expect(host.incident?.views).toContainEqual(expect.objectContaining({ view: 'peer:h2', says: 'answers' }));
  });

  test.each<PeerView | null>([
    null,
    { kind: 'silent', bootId: null },
    { kind: 'hung', bootId: null },
    { kind: 'answers', bootId: boot2 },
  ])('%j keeps nobody from judging, and is not waited for', (found) => {
    expect(asked(found).host).toMatchObject({ health: 'fencing', incident: { verdict: 'dead' } });
  });

  test('what was found long ago no longer counts', () => {
    const watched = asked({ kind: 'answers', bootId: boot1 });
    watched.after(4 * defaultTiming.askAgainMs + 1);
    watched.answer('view/', accepted({ heardAgoMs: null, hearsForMs: 60_000, sessions: 0 }));
    watched.answer('probe/', accepted({ kind: 'silent' }));
    expect(watched.host.health).toBe('fencing');
  });
});
