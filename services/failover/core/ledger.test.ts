import type { IncidentLedger } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { saysMore } from './index.js';

const ledger = (patch: Partial<IncidentLedger> = {}): IncidentLedger => ({
  id: 'h1-1',
  host: 'h1',
  verdict: 'silent',
  epoch: 0,
  state: 'suspected',
  lastHeardAtMs: 0,
  openedAtMs: 1,
  fencingAtMs: null,
  provenAtMs: null,
  closedAtMs: null,
  resumed: null,
  views: [],
  proofs: [],
  decisions: [],
  ...patch,
});

describe('of two copies of one ledger', () => {
  const decision = { atMs: 2, text: 'fencing' };

  test('the one with more in it, or of another state, is the later', () => {
    expect(saysMore(ledger({ decisions: [decision] }), ledger())).toBe(true);
    expect(saysMore(ledger(), ledger({ decisions: [decision] }))).toBe(false);
    expect(saysMore(ledger({ state: 'fencing' }), ledger())).toBe(true);
    expect(saysMore(ledger(), ledger())).toBe(false);
  });

  test('what is closed stays closed, whatever a late replica says', () => {
    const closed = ledger({ state: 'closed', closedAtMs: 3 });
    expect(saysMore(closed, ledger({ decisions: [decision] }))).toBe(true);
    expect(saysMore(ledger({ state: 'fenced', decisions: [decision, decision] }), closed)).toBe(false);
  });
});
