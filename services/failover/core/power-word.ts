/** What the devices that can switch a host off have said, and how the ledger reads it. */
import type { HostRecord, Reply } from '@holdfast/contracts';

/** The device that a host has without further ado, and whose word needs no name in an answer. */
export const bmc = 'bmc';

/** Why one device did not give the proof, or only a part of it. */
export interface DeviceFailure {
  device: string;
  detail: string;
}

/**
 * The answer to `power-off`. Proof is `off` alone: each device of one level reads off after it was commanded off.
 * `from` and `detail` say which devices that were, and how each is known to be this machine's.
 */
export interface PowerWord {
  state: 'off' | 'unproven';
  from?: string;
  detail?: string;
  failed?: DeviceFailure[];
  /** When each device was asked; those of a later level only if the levels before it had failed. */
  asked?: { device: string; atMs: number }[];
}

/** The answer to `power-view`: what the devices read now, without having been told anything. No proof of anything. */
export interface PowerView {
  state: 'on' | 'off';
  from?: string;
}

/** A reading as one of the views of a suspicion; null before any answer. */
export interface PowerReading {
  from: string;
  says: 'reads on' | 'reads off' | 'no answer';
}

export function powerReading(reply: Reply<unknown> | null): PowerReading | null {
  if (reply === null) return null;
  if (!reply.ok) return { from: bmc, says: 'no answer' };
  const { state, from = bmc } = reply.value as PowerView;
  return { from: from.slice(0, maxFromLength), says: state === 'off' ? 'reads off' : 'reads on' };
}

const maxFromLength = 80;

/** Level by level, the devices that are known to be this machine's; a level with any other proves nothing. */
export function verifiedLevels({ power }: Pick<HostRecord, 'power'>): string[][] {
  if (power.state !== 'verified') return [];
  return power.levels ?? [[bmc]];
}

export interface PowerOutcome {
  proven: { from: string; detail: string } | null;
  failed: DeviceFailure[];
  asked: { device: string; atMs: number }[];
}

export function powerOutcome(reply: Reply<unknown>): PowerOutcome {
  if (!reply.ok) return { proven: null, failed: [{ device: bmc, detail: reply.refusal.message }], asked: [] };
  const { state, from = bmc, detail, failed = [], asked = [] } = reply.value as PowerWord;
  if (state !== 'off') return { proven: null, failed, asked };
  const said = detail ?? 'reads off after it was commanded off';
  return { proven: { from: from.slice(0, maxFromLength), detail: said }, failed, asked };
}

/** Whether the devices of this host are to be looked at: new ones, or ones that have not answered so far. */
export function isPowerOpen({ power }: Pick<HostRecord, 'power'>): boolean {
  return power.state === 'unchecked' || (power.unanswered ?? []).length > 0;
}

/** Whether a check has found anything that the record does not say. */
export function isPowerNews({ power }: Pick<HostRecord, 'power'>, found: HostRecord['power']): boolean {
  if (power.state === 'unchecked') return true;
  if (!isPowerOpen({ power })) return false;
  return JSON.stringify([power.levels, power.unanswered]) !== JSON.stringify([found.levels, found.unanswered]);
}
