/**
 * What an agent makes of its looks at storage: which pools do not answer this host, which copies have lost disks, and
 * which of those that QEMU has paused for a disk error may go on. A look writes nothing and needs no guest to write.
 */
import type { CopyStorageLoss } from '@holdfast/contracts';

export const lookEveryMs = 1000;
/** The targets of a copy that is well are asked for only with every such look. */
export const asksEveryLooks = 5;
/** One look may fail for many reasons, and two in a row at a time when storage is busy. */
export const lostAfterMs = 2000;
/** A copy that went on after a disk error has not got over it before it has run this long. */
const overErrorAfterMs = 5000;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/**
 * An initiator that lost its session waits up to 30 s between two attempts (libiscsi does). One without a connection
 * for longer, where it is welcome, has given up: libiscsi does so for good when `connect` fails at once, as it does
 * without a route.
 */
export const adriftAfterMs = 40_000;

/**
 * `path`: its storage node does not answer; `target`: that does, and lets this copy not log in; `adrift`: that would,
 * and the copy's hypervisor holds no connection to it.
 */
export type DiskLook = 'open' | 'path' | 'target' | 'adrift';

export interface CopyLook {
  generation: number;
  /** Its hypervisor has paused it, because a disk returned an error. */
  isHalted: boolean;
  /** By volume; null when it was not looked at. */
  disks: Record<string, DiskLook> | null;
}

export interface StorageLook {
  /** By pool: whether its storage node answers. */
  pools: Record<string, boolean>;
  /** By VM. */
  copies: Record<string, CopyLook>;
}

interface PoolMemory {
  isLost: boolean;
  /** Since when it answers, or does not. */
  answers: boolean;
  sinceMs: number;
}

interface CopyMemory {
  generation: number;
  /** What is wrong, known or only suspected. */
  trouble: CopyStorageLoss | null;
  isLost: boolean;
  haltedAtMs: number | null;
  resumes: number;
  /** Since when a disk of it is adrift. */
  adriftAtMs: number | null;
}

export interface StorageMemory {
  pools: Record<string, PoolMemory>;
  copies: Record<string, CopyMemory>;
}

export const nothingLooked: StorageMemory = { pools: {}, copies: {} };

/** What one look changes. Pools and copies that it does not name are forgotten. */
export function looked(
  memory: StorageMemory,
  look: StorageLook,
  nowMs: number,
): { memory: StorageMemory; resume: string[] } {
  const resume: string[] = [];
  const pools: StorageMemory['pools'] = {};
  const copies: StorageMemory['copies'] = {};
  for (const [pool, answers] of Object.entries(look.pools)) {
    pools[pool] = poolAfter(memory.pools[pool], answers, nowMs);
  }
  for (const [vm, seen] of Object.entries(look.copies)) {
    const before = memory.copies[vm];
    const copy = copyAfter(before?.generation === seen.generation ? before : fresh(seen.generation), seen, nowMs);
    copies[vm] = mayGoOn(copy, seen, nowMs) ? { ...copy, resumes: copy.resumes + 1, haltedAtMs: nowMs } : copy;
    if (copies[vm] !== copy) resume.push(vm);
  }
  return { memory: { pools, copies }, resume };
}

/** Its targets are worth asking for with every look. */
export function isInTrouble({ copies }: StorageMemory, vm: string, generation: number): boolean {
  const copy = copies[vm];
  return copy?.generation === generation && copy.trouble !== null;
}

export function lossOf({ copies }: StorageMemory, vm: string, generation: number): CopyStorageLoss | null {
  const copy = copies[vm];
  return copy?.generation === generation && copy.isLost ? copy.trouble : null;
}

/** Since when, by pool; null when all answer. */
export function lostPoolsOf({ pools }: StorageMemory): Record<string, number> | null {
  const lost = Object.entries(pools).filter(([, { isLost }]) => isLost);
  return lost.length === 0 ? null : Object.fromEntries(lost.map(([pool, { sinceMs }]) => [pool, sinceMs]));
}

function poolAfter(before: PoolMemory | undefined, answers: boolean, nowMs: number): PoolMemory {
  const known = before ?? { isLost: false, answers, sinceMs: nowMs };
  const sinceMs = known.answers === answers ? known.sinceMs : nowMs;
  const forMs = Math.abs(nowMs - sinceMs);
  const isLost = !answers && (known.isLost || forMs >= lostAfterMs);
  return { isLost, answers, sinceMs };
}

const fresh = (generation: number): CopyMemory => ({
  generation,
  trouble: null,
  isLost: false,
  haltedAtMs: null,
  resumes: 0,
  adriftAtMs: null,
});

function copyAfter(before: CopyMemory, seen: CopyLook, nowMs: number): CopyMemory {
  const { generation, trouble } = before;
  const haltedAtMs = seen.isHalted ? (before.haltedAtMs ?? nowMs) : before.haltedAtMs;
  const adriftAtMs = adriftAfter(before, seen, nowMs);
  const found = reasonOf(seen, adriftAtMs !== null && Math.abs(nowMs - adriftAtMs) >= adriftAfterMs);
  if (found === null) {
    // Not looked at: then what was wrong still is. An error is over only after a while.
    const isOver = seen.disks !== null && (trouble?.reason !== 'error' || isLongAgo(haltedAtMs, nowMs));
    if (trouble !== null && !isOver) return { ...before, adriftAtMs };
    const forgets = isLongAgo(haltedAtMs, nowMs, longestPauseMs * 2);
    return { ...(forgets ? fresh(generation) : { ...before, haltedAtMs, trouble: null, isLost: false }), adriftAtMs };
  }
  const isSame = trouble?.reason === found.reason;
  const sinceMs = isSame ? trouble.sinceMs : nowMs;
  const isLost = before.isLost || seen.isHalted || Math.abs(nowMs - sinceMs) >= lostAfterMs;
  return { ...before, haltedAtMs, adriftAtMs, isLost, trouble: { ...found, sinceMs } };
}

/** While a path is away or a target closed, nobody is welcome there, and it begins anew. */
function adriftAfter({ adriftAtMs }: CopyMemory, { disks }: CopyLook, nowMs: number): number | null {
  if (disks === null) return adriftAtMs;
  return areOpen(disks) && Object.values(disks).includes('adrift') ? (adriftAtMs ?? nowMs) : null;
}

function reasonOf({ disks, isHalted }: CopyLook, isAdrift: boolean): Omit<CopyStorageLoss, 'sinceMs'> | null {
  if (!isHalted && !isAdrift && areOpen(disks)) return null;
  const of = (look: DiskLook): string[] =>
    Object.entries(disks ?? {}).flatMap(([volume, seen]) => (seen === look ? [volume] : []));
  const path = of('path');
  const target = of('target');
  if (path.length > 0) return { reason: 'path', volumes: [...path, ...target].slice(0, 16) };
  if (target.length > 0) return { reason: 'target', volumes: target.slice(0, 16) };
  if (isAdrift) return { reason: 'session', volumes: of('adrift').slice(0, 16) };
  return isHalted ? { reason: 'error', volumes: of('open').slice(0, 16) } : null;
}

/** To a login. */
function areOpen(disks: CopyLook['disks']): boolean {
  return Object.values(disks ?? {}).every((look) => look === 'open' || look === 'adrift');
}

function isLongAgo(atMs: number | null, nowMs: number, ms = overErrorAfterMs): boolean {
  return atMs === null || Math.abs(nowMs - atMs) >= ms;
}

/** All its disks let it log in just now, at its own generation: it was not shut out. */
function mayGoOn({ resumes, haltedAtMs }: CopyMemory, { disks, isHalted }: CopyLook, nowMs: number): boolean {
  if (!isHalted || disks === null || !areOpen(disks)) return false;
  const pauseMs = resumes === 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (resumes - 1));
  return isLongAgo(haltedAtMs, nowMs, pauseMs);
}
