import { accepted, refused, type HostRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { isPowerNews, powerOutcome, verifiedLevels } from './power-word.js';
import { hostRecord, Watched } from './testing/hosts.js';

const levels = [['bmc'], ['pdu-a', 'pdu-b']];
const verified: HostRecord['power'] = { state: 'verified', detail: '', levels };

/** Judged dead, and its devices are asked. */
function condemned(power: HostRecord['power']): Watched {
  const watched = new Watched(hostRecord({ power }));
  watched.storageNodes = ['san1'];
  watched.after(1000);
  watched.after(600);
  watched.answer('probe/', accepted({ kind: 'silent' }));
  expect(watched.host.health).toBe('fencing');
  return watched;
}

const powerProofs = ({ host }: Watched): unknown[] =>
  (host.incident?.proofs ?? [])
    .filter(({ kind }) => kind === 'power-off')
    .map(({ from, status, detail }) => [from, status, detail]);

describe('the ledger', () => {
  test('shows each device that was asked, that failed and why, and those that gave the proof', () => {
    const watched = condemned(verified);
    const detail = 'read off after they were commanded off';
    const failed = [{ device: 'bmc', detail: 'BMC: no answer in time' }];
    const asked = ['bmc', 'pdu-a', 'pdu-b'].map((device) => ({ device, atMs: watched.nowMs }));
    watched.answer('power-off/', accepted({ state: 'off', from: 'pdu-a+pdu-b', detail, failed, asked }));
    watched.run();
    expect(powerProofs(watched)).toEqual([
      ['bmc', 'asked', ''],
      ['pdu-a', 'asked', 'the level before it has failed'],
      ['pdu-b', 'asked', 'the level before it has failed'],
      ['pdu-a+pdu-b', 'obtained', detail],
      ['bmc', 'failed', 'BMC: no answer in time'],
    ]);
    expect(watched.host.evidence).toMatchObject([{ kind: 'power-off', detail }]);
  });

  test('has one entry for each device that fails, however often', () => {
    const watched = condemned(verified);
    const failed = ['bmc', 'pdu-b'].map((device) => ({ device, detail: `${device}: no answer` }));
    const reply = accepted({ state: 'unproven', failed });
    for (let times = 0; times < 3; times += 1) {
      watched.answer('power-off/', reply);
      watched.after(500);
    }
    expect(watched.host).toMatchObject({ health: 'fencing', evidence: [] });
    expect(powerProofs(watched)).toEqual([
      ['bmc', 'asked', ''],
      ['bmc', 'failed', 'bmc: no answer'],
      ['pdu-b', 'failed', 'pdu-b: no answer'],
    ]);
  });
});

describe('what the devices say', () => {
  test('proves nothing unless they read off', () => {
    expect(powerOutcome(accepted({ state: 'unproven' })).proven).toBeNull();
    expect(powerOutcome(accepted({ state: 'on' })).proven).toBeNull();
    expect(powerOutcome(refused('unavailable', 'BMC: timeout'))).toEqual({
      proven: null, failed: [{ device: 'bmc', detail: 'BMC: timeout' }], asked: [],
    });
    expect(powerOutcome(accepted({ state: 'off' })).proven).toMatchObject({ from: 'bmc' });
  });

  test('is asked only of levels that were verified', () => {
    expect(verifiedLevels({ power: verified })).toEqual(levels);
    expect(verifiedLevels({ power: { state: 'verified', detail: '' } }), 'of an older record').toEqual([['bmc']]);
    for (const state of ['none', 'unchecked', 'mismatch'] as const) {
      expect(verifiedLevels({ power: { ...verified, state } })).toEqual([]);
    }
  });
});

describe('a device that did not answer when its host joined', () => {
  const half: HostRecord['power'] = { ...verified, levels: [['pdu-a']], unanswered: ['bmc'] };

  test('is asked again, less often than one of which nothing is known', () => {
    const checks = (power: HostRecord['power']): unknown[] => {
      const watched = new Watched(hostRecord({ power }));
      return watched.run().effects.filter(({ kind }) => kind === 'check-power').map(({ resendMs }) => resendMs);
    };
    expect(checks({ state: 'unchecked', detail: '' })).toEqual([5000]);
    expect(checks(half)).toEqual([60_000]);
    expect(checks(verified)).toEqual([]);
  });

  test('changes the record only when it has something to say', () => {
    expect(isPowerNews({ power: half }, half)).toBe(false);
    expect(isPowerNews({ power: half }, { ...verified, unanswered: [] })).toBe(true);
    expect(isPowerNews({ power: verified }, half), 'decided').toBe(false);
  });
});
