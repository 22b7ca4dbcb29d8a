/** One copy of a VM on one host, as its hypervisor knows it. */
import type { Session } from './target-store.js';

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
  memoryMiB: number;
  state: 'running' | 'paused';
  incoming: boolean;
  isGone: boolean;
  /** Its iSCSI sessions, one for each volume; null while it is not logged in. */
  sessions: (Session | null)[];
  /** Logins that are under way. */
  loginsInHand: number;
}

export type Ending = 'guest-shutdown' | 'destroyed' | 'crashed' | 'migrated' | 'failed';
export type HypervisorResult = { ok: true } | { ok: false; message: string };

/** What the checkers and the log are told. */
export interface DomainWatcher {
  /** It ran before anybody looked. */
  found(domain: Domain): void;
  running(domain: Domain, how: 'started' | 'moved'): void;
  ended(domain: Domain, why: Ending | 'power'): void;
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

export function isSame(a: Identity, b: Identity): boolean {
  return a.uid === b.uid && a.generation === b.generation && a.incarnation === b.incarnation;
}
