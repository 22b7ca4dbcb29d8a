/** What a target daemon knows: its targets, and who is logged in or half-way in. */

/** Who may log in to a target; hosts of the simulated cluster know that of their own. */
export interface Account {
  user: string;
  password: string;
}

/** One target for each (volume, generation). It is reachable once an address is bound, which must come last. */
export interface Target {
  /** Never used twice: a login that froze half-way is bound to a number, not to a name. */
  number: number;
  volume: string;
  generation: number;
  host: string;
  hostEpoch: number;
  /** Without an account the daemon asks for no CHAP. */
  account: Account | null;
  /** The host's address is admitted to log in. */
  admits: boolean;
  /** Its deletion has begun: it is never opened again. */
  isClosing: boolean;
  inFlight: number;
  /** Logins that have passed CHAP and are not listed as sessions yet. */
  halfway: number;
  sessions: Set<Session>;
}

/** An initiator that is logged in. */
export interface Session {
  target: Target;
  /** Who it believes to be: the volume it means to write. */
  volume: string;
  generation: number;
  host: string;
  isOpen: boolean;
  /** Called when another write through it may mean something again. */
  stir: () => void;
}

/** A login that has passed CHAP; the daemon remembers the number of its target only, and lists it at its end. */
export interface Login {
  number: number;
  volume: string;
  generation: number;
  host: string;
}

/** The initiator is gone, or hangs up. */
export function logOut(session: Session): void {
  close(session);
  session.target.sessions.delete(session);
}

export function close(session: Session): void {
  session.isOpen = false;
  session.stir();
}

export function isWritable({ admits, sessions, halfway }: Target): boolean {
  return admits || sessions.size > 0 || halfway > 0;
}

export function accountOf(volume: string, generation: number): Account {
  return { user: `${volume}.g${generation}`, password: `of ${volume} g${generation}` };
}

export function keyOf({ volume, generation }: Pick<Target, 'volume' | 'generation'>): string {
  return `${volume}/g${generation}`;
}

/** What of the floors is on the disk of a storage node. */
export interface DurableFloors {
  volumes: Record<string, number>;
  hosts: Record<string, number>;
  /** The largest numbers that targets were ever opened with. */
  openedVolumes?: Record<string, number>;
  openedHosts?: Record<string, number>;
}
