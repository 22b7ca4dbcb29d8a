/** One copy of a VM on one host, as its hypervisor knows it. */
import type { Guest } from './guest.js';
import type { Session } from './target.js';
import type { TargetStores } from './target-store.js';

export interface Identity {
  vm: string;
  uid: string;
  generation: number;
  hostEpoch: number;
  incarnation: string;
}

export interface Domain {
  identity: Identity;
  host: string;
  volumes: { volume: string; node: string }[];
  /** MAC addresses of its NICs; left out: none. */
  nics?: string[] | undefined;
  memoryMiB: number;
  /** What it has of CPUs, and may have while it runs; left out: one, and no more than it has. */
  cpus?: number | undefined;
  maxCpus?: number | undefined;
  maxMemoryMiB?: number | undefined;
  state: 'running' | 'paused';
  /** The receiving half of a move that is on its way; or one that has arrived and was not let go on yet. */
  incoming: 'receiving' | 'arrived' | null;
  /** Its guest ran on where it came from, after its memory was sent. */
  isOutrun: boolean;
  /** Paused because a disk returned an error. */
  haltedByDisk?: boolean;
  /** Paused on somebody's word, which looks as one does that has arrived. */
  isPausedByHand?: boolean;
  isGone: boolean;
  guest: Guest;
  /** Its guest is on the network. */
  isLinkUp: boolean;
  /** Its own host ends it, because it is cut off from everybody. */
  isSelfFenced: boolean;
  /** When its end was first asked for. */
  doomedAtMs: number | null;
  /** Its iSCSI sessions, one for each volume; null while it is not logged in. */
  sessions: (Session | null)[];
  /** Its hypervisor has lost its sessions, and tries no more. */
  isAdrift?: boolean;
  /** Logins that are under way. */
  loginsInHand: number;
}

export type Ending = 'guest-shutdown' | 'destroyed' | 'crashed' | 'migrated' | 'failed';
export type Failure = {
  ok: false;
  code: 'timeout' | 'disconnected' | 'no-domain' | 'conflict' | 'refused' | 'internal';
  message: string;
};
export type HypervisorResult<Value = unknown> = { ok: true; value: Value } | Failure;

export interface Migration {
  durationMs: number;
  downtimeMs: number;
}

export type HypervisorEvent =
  /** One change of a domain, as libvirt names it. */
  | { kind: 'changed'; vm: string; detail: 'started' | 'suspended' | 'resumed' | 'rebooted' | 'crashed' }
  | { kind: 'changed'; vm: string; detail: 'stopped'; ending: Ending }
  | { kind: 'connected' | 'disconnected' };

/** What the checkers and the log are told. */
export interface DomainWatcher {
  /** It ran before anybody looked. */
  found(domain: Domain): void;
  /** `askedAtMs`: when it was told to go on, if not just now. */
  running(domain: Domain, how: 'started' | 'moved' | 'resumed', askedAtMs?: number): void;
  /** It has more of its host than before. */
  grown(domain: Domain): void;
  ended(domain: Domain, why: Ending | 'power'): void;
  /** The memory of a copy that has ended is in that volume. */
  stored(identity: Identity, volume: string): void;
  /** It is about to go on from what is there. */
  restored(domain: Domain, volume: string): void;
  /** Something rare has happened: a test looks whether it ever does. */
  witnessed(what: string): void;
}

export interface HypervisorTimes {
  startMs: [number, number];
  destroyMs: [number, number];
  shutdownMs: [number, number];
  migrateMs: [number, number];
}
export const usualTimes: HypervisorTimes = {
  startMs: [300, 900],
  destroyMs: [20, 200],
  shutdownMs: [1000, 4000],
  migrateMs: [800, 4000],
};

export const succeeded = { ok: true, value: null } as const;
export const failed = (code: Failure['code'], message: string): Failure => ({ ok: false, code, message });
export const noDomain = (vm: string): Failure => failed('no-domain', `no copy of ${vm} on this host`);
export const unanswered = failed('timeout', 'the hypervisor did not answer in time');

export function isSame(a: Identity, b: Identity): boolean {
  return a.uid === b.uid && a.generation === b.generation && a.incarnation === b.incarnation;
}

/** None of its next writes could tell anybody anything new. */
export function areWritesSettled({ state, volumes, sessions }: Domain, stores: TargetStores): boolean {
  if (state !== 'running') return false;
  return volumes.every(({ node }, index) => {
    const session = sessions[index];
    return session ? stores.at(node).isSettled(session) : false;
  });
}

/** Wakes its writing as soon as one of its sessions ends, or is written beside. */
export function stirredBy({ sessions }: Domain, wake: () => void): void {
  for (const session of sessions) if (session) session.stir = wake;
}
