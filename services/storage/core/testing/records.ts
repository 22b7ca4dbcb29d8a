/** Small records and facts for the tests of this core. */
import {
  noTransitions,
  type AttachmentRecord,
  type Holder,
  type Reply,
  type VolumeRecord,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import type { AttachmentFacts } from '../index.js';

export const nowMs = 1_000_000;
export const env: Env = { nowMs, random: randomStream('test'), incarnation: 'inc1' };
const history = noTransitions('inc1', nowMs);

export function holder(host: string, generation: number, patch: Partial<Holder> = {}): Holder {
  return {
    host,
    hostEpoch: 2,
    generation,
    phase: 'open',
    iqn: `iqn:disk.g${generation}`,
    lun: 1,
    portalAddress: '10.1.0.9',
    portalPort: 3260,
    chapUser: `disk.g${generation}`,
    floors: { generation: null, hostEpoch: null },
    ...patch,
  };
}

export function attachment(holders: Holder[], patch: Partial<AttachmentRecord> = {}): AttachmentRecord {
  return {
    ...history,
    volume: 'disk',
    node: 'san1',
    vm: 'web1',
    mode: 'single',
    holders,
    newest: Math.max(0, ...holders.map(({ generation }) => generation)),
    state: 'active',
    revoked: null,
    ...patch,
  };
}

export function volumeRecord(patch: Partial<VolumeRecord> = {}): VolumeRecord {
  const spec = { volume: 'disk', pool: 'san', node: 'san1', vm: 'web1', sizeMiB: 64, image: 'tiny' };
  return { ...history, ...spec, state: 'ready', reason: '', ...patch };
}

export function factsOf(
  facts: {
    volumeFloor?: number;
    hostFloors?: Record<string, number>;
    targets?: number[] | null;
    canSeal?: boolean;
    used?: number;
    reconciles?: boolean;
  } = {},
  answers: Record<string, Reply<unknown>> = {},
): AttachmentFacts {
  const { volumeFloor = 0, hostFloors = {}, targets = [], canSeal = true, used = 0, reconciles = true } = facts;
  return {
    volumeFloor,
    hostFloor: (host) => hostFloors[host] ?? 0,
    targets: targets === null ? null : new Set(targets),
    canSeal: () => canSeal,
    used,
    reconciles,
    answer: (key) => (answers[key] ? { atMs: nowMs, reply: answers[key] } : null),
  };
}
