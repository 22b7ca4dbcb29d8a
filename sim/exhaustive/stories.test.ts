import type { AttachmentRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { unsettled } from '../check/liveness.js';
import { Tape } from './tape.js';
import { Stage, tell } from './walk.js';
import { setNetwork } from './accidents.js';
import { walks } from './walks.js';

const story = { name: 'story', hosts: 3, replicas: 1, prepare: () => undefined, act: () => undefined } as const;

function begun(): Stage {
  const stage = new Stage({ ...story, missing: () => [] }, new Tape());
  stage.begin();
  return stage;
}

/** A VM that runs on h1. */
function running(disks = 1): Stage {
  const stage = begun();
  stage.create('h1', disks);
  stage.reach('running', () => phase(stage) === 'running' && unsettled(stage.world).length === 0);
  return stage;
}

const phase = (stage: Stage): string | undefined => stage.vm()?.phase;
const evidence = (stage: Stage, host: string): string[] =>
  (stage.hostRecord(host)?.evidence ?? []).map(({ kind }) => kind);

/** Everything agrees, and nothing that must never be has been. */
function expectSettled(stage: Stage): void {
  stage.until(() => unsettled(stage.world).length === 0);
  expect(unsettled(stage.world)).toEqual([]);
  expect(stage.world.checker.violations).toEqual([]);
}

describe('a story', () => {
  test('a created VM is done when it is seen running, and not before', () => {
    const stage = begun();
    stage.create('h1');
    stage.reach('accepted', () => stage.vm() !== null);
    expect(stage.outcome()).not.toBe('done');
    stage.reach('running', () => phase(stage) === 'running');
    expect(stage.outcome()).toBe('done');
    expect(stage.vm()?.assignment).toMatchObject({ host: 'h1', generation: 1 });
  });

  test.each(walks.map((walk) => [walk.name, walk] as const))('%s: comes to its end on old facts', (_name, walk) => {
    for (const lagMs of [100, 300, 1000]) {
      const late = { ...walk, act: (stage: Stage) => (lag(stage, lagMs), walk.act(stage)) };
      expect(tell(late, null).wrong, `${lagMs} ms old`).toEqual([]);
    }
  });

  test('recovery rests on proof: power for the dead host, revocation for the isolated one', () => {
    const find = (name: string): string[] => {
      const walk = walks.find((each) => each.name === name);
      return walk ? evidence(tell(walk, null).stage, 'h1') : [];
    };
    const dead = find('rejoin: power cut');
    expect(dead).toEqual(expect.arrayContaining(['power-off', 'storage-revoked', 'rebooted']));
    expect(find('rejoin: isolated')).toEqual(['storage-revoked']);
  });

  test('a VM without a volume on an isolated host waits until its old copy is known to be gone', () => {
    const stage = running(0);
    setNetwork(stage, 'h1', false);
    stage.reach('fenced', () => stage.hostRecord('h1')?.health === 'fenced');
    stage.rest(30_000);
    expect(phase(stage)).toBe('recovering');
    stage.world.powerOff('h1');
    setNetwork(stage, 'h1', true);
    stage.reach('recovered', () => phase(stage) === 'running' && (stage.vm()?.generation ?? 0) > 1);
    expectSettled(stage);
  });

  test('a VM without a volume whose start never arrived goes on when its host has cleaned up', () => {
    const stage = begun();
    setNetwork(stage, 'h1', false);
    stage.create('h1', 0);
    stage.reach('recovering', () => phase(stage) === 'recovering');
    stage.world.network.setLink('h1', 'management', true);
    stage.reach('running', () => phase(stage) === 'running');
    expect(evidence(stage, 'h1')).toEqual(['storage-revoked']);
    expectSettled(stage);
  });

  test.each(['opening', 'moving', 'closing'])('a stop while a VM is moved (%s) ends with it stopped', (at) => {
    const stage = running();
    stage.ask('vm-migrate', { vm: 'web1', host: 'h2' });
    stage.reach(at, () => stage.vm()?.migration?.stage === at);
    stage.ask('vm-stop', { vm: 'web1', force: false });
    stage.reach('an end', () => stage.outcome() !== undefined);
    expect([stage.outcome(), phase(stage)]).toEqual(['done', 'stopped']);
    expectSettled(stage);
  });

  test('a storage daemon that forgets its targets opens them again to the same holder only', () => {
    const stage = running();
    const { store } = stage.world.storageNode('san1');
    const volume = stage.vm()?.volumes[0]?.volume ?? '';
    store.daemonUp = false;
    store.daemonUp = true;
    expect(store.canWrite(volume, 1, 'h1')).toBe(false);
    stage.reach('open again', () => store.canWrite(volume, 1, 'h1'));
    expectSettled(stage);
    const [attachment] = stage.world.bus.bucket<AttachmentRecord>('attachments').values();
    expect(attachment?.holders.map(({ host, generation, phase: state }) => [host, generation, state])).toEqual([
      ['h1', 1, 'open'],
    ]);
  });
});

function lag({ world }: Stage, lagMs: number): void {
  for (const bucket of world.bus.buckets.values()) bucket.watchLagMs = lagMs;
}
