/** The target daemon of one storage node, its volumes, and its durable floors. Here every write is judged. */
import { Process, type Machine } from '../engine/process.js';
import {
  accountOf, close, isWritable, keyOf, type Account, type DurableFloors, type Login, type Session, type Target,
} from './target.js';
import { VolumePool } from './volume-pool.js';

export type { DurableFloors };

/** Told of every write that lands, and of what may never be. */
export interface WriteWatcher {
  written(volume: string, generation: number, host: string): void;
  floorFell(what: string, from: number, to: number): void;
  /** A target lets in whoever comes, or somebody writes to a disk that is not theirs. */
  opened(what: string): void;
  /** Something rare has happened: a test looks whether it ever does. */
  witnessed(what: string): void;
}

/** Opening is four calls of the daemon; a crash may come between any two of them. */
export const openingSteps = ['make', 'account', 'address'] as const;
export type OpeningStep = (typeof openingSteps)[number];
/** `conflict`: it is another initiator's. */
export type StepResult = 'done' | 'no-volume' | 'conflict' | 'busy' | 'unavailable';

type PoolResult = ReturnType<VolumePool['create']> | 'unavailable';

const ioMs = 2;

export class TargetStore {
  readonly volumes = new VolumePool();
  /** The daemon: it pauses and dies like any process; its targets are in its memory only. */
  readonly daemon: Process;
  /** What waits for a file system that is frozen; null while it is not. */
  private frozenIo: (() => void)[] | null = null;
  /** Planted bug: a deletion ends the sessions it sees, lets nobody new in, and leaves the target. */
  deletesSessionsOnly = false;
  /** Planted bug: a deletion does not wait for I/O in flight. */
  ignoresInFlight = false;
  /** Planted bug: numbers of deleted targets are given again. */
  reusesNumbers = false;
  /** Planted bug: a login that had passed CHAP gets in, whatever became of its target. */
  letsFrozenIn = false;
  /** Volumes that no daemon serves: whoever has them open keeps them. */
  readonly irrevocable = new Set<string>();
  /** Volumes whose disk returns errors. */
  readonly failing = new Set<string>();
  /** Whose memory is in a volume, by uid. */
  readonly memories = new Map<string, string>();
  private readonly byVolume = new Map<string, Map<number, Target>>();
  private readonly byNumber = new Map<number, Target>();
  private readonly forgotten = new Map<number, Target>();
  private lastNumber = 0;
  private version = 0;
  private changedVolumes = new Set<string>();
  private onDisk: DurableFloors = { volumes: {}, hosts: {} };
  private readonly hidden = new Set<Target>();
  private stuckForMs = 0;
  private readonly lastWrites = new Map<string, { generation: number; host: string }>();

  constructor(
    readonly machine: Machine,
    private readonly watcher: WriteWatcher,
  ) {
    this.daemon = new Process(machine, `targets/${machine.name}`);
    this.daemonUp = true;
  }

  /** I/O takes this much longer, while a fault lasts: deletions of busy targets are refused. */
  get stuckMs(): number {
    return this.stuckForMs;
  }

  set stuckMs(stuckMs: number) {
    this.machine.loop.disturb();
    this.stuckForMs = stuckMs;
  }

  private get isHeldUp(): boolean {
    return this.stuckForMs > 0 || this.frozenIo !== null;
  }

  /** What is on its disk: survives everything but a planted bug. */
  get floors(): DurableFloors {
    return this.onDisk;
  }

  set floors(floors: DurableFloors) {
    for (const kind of ['volumes', 'hosts'] as const) {
      if (floors[kind] === this.onDisk[kind]) continue;
      for (const [key, floor] of Object.entries(this.onDisk[kind])) {
        const next = floors[kind][key] ?? 0;
        if (next < floor) this.watcher.floorFell(key, floor, next);
      }
    }
    this.onDisk = floors;
  }

  set daemonUp(up: boolean) {
    if (up && !this.daemon.alive && this.machine.powered) {
      this.daemon.start();
      this.daemon.onCrash = () => this.forgetTargets();
    } else if (!up) this.daemon.crash();
  }

  get isUp(): boolean {
    return this.daemon.alive && !this.daemon.isFrozen;
  }

  /** A target of that host that still takes its writes, opened in an epoch below this one. */
  openBelow(host: string, epoch: number): string | null {
    for (const target of this.byNumber.values()) {
      const isAsked = target.host === host && target.hostEpoch < epoch && !this.irrevocable.has(target.volume);
      if (isAsked && isWritable(target)) return keyOf(target);
    }
    return null;
  }

  /** This copy could still write: it is logged in, half-way in, or would be let in. */
  canWrite(volume: string, generation: number, host: string): boolean {
    for (const target of this.byNumber.values()) {
      const isOwn = target.volume === volume && target.generation === generation && target.host === host;
      if (isOwn && isWritable(target)) return true;
    }
    return false;
  }

  createVolume(volume: string, sizeBytes: number, image: string | null = null): PoolResult {
    return this.isUp ? this.volumes.create(volume, sizeBytes, image) : 'unavailable';
  }

  beginCopy(volume: string, from: string): StepResult {
    const served = this.generations(from);
    if (served === null) return 'unavailable';
    if (!this.volumes.has(from)) return 'no-volume';
    if (served.size > 0 && this.refusesCopied(from)) return 'busy';
    this.volumes.copying.set(volume, from);
    return 'done';
  }

  /** Unless a bug is planted, which is told of. */
  private refusesCopied(volume: string): boolean {
    if (this.volumes.copiesOpen) this.watcher.opened(`${volume} is open while it is copied`);
    return !this.volumes.copiesOpen;
  }

  /** `busy` while a target serves it, or it is copied. */
  deleteVolume(volume: string): 'done' | 'busy' | 'unavailable' {
    const served = this.generations(volume);
    if (served === null) return 'unavailable';
    if (served.size > 0 || this.volumes.isCopied(volume)) return 'busy';
    this.volumes.delete(volume);
    return 'done';
  }

  /** One call of the daemon towards an open target. One that hangs carries it out once it goes on, unasked for. */
  step(
    step: OpeningStep,
    volume: string,
    generation: number,
    { host, hostEpoch }: { host: string; hostEpoch: number },
    account = accountOf(volume, generation),
  ): StepResult {
    if (!this.isUp) {
      const again = (): void => void this.step(step, volume, generation, { host, hostEpoch }, account);
      if (this.daemon.alive) this.daemon.run(again);
      return 'unavailable';
    }
    const existing = this.byVolume.get(volume)?.get(generation);
    if (existing && existing.host !== host) return 'conflict';
    if (existing?.isClosing) return 'unavailable';
    if (step === 'make') {
      if (!this.volumes.has(volume)) return 'no-volume';
      if (!this.volumes.isWhole(volume)) this.watcher.opened(`${volume} is open and not whole`);
      if (this.volumes.isCopied(volume) && this.refusesCopied(volume)) return 'busy';
      if (existing) this.closeToNewcomers(existing);
      else this.make(volume, generation, host, hostEpoch);
      return 'done';
    }
    if (!existing) return 'unavailable';
    if (step === 'account') {
      if (this.isAnothers(account, existing)) return 'conflict';
      existing.account = account;
    } else existing.admits = true;
    if (existing.admits && !existing.account) this.watcher.opened(`${keyOf(existing)} asks for no account`);
    return 'done';
  }

  /** Gone when it says so; `busy` while I/O is in flight. */
  delete(volume: string, generation: number): 'gone' | 'busy' | 'unavailable' {
    if (!this.isUp) {
      if (this.daemon.alive) this.daemon.run(() => void this.delete(volume, generation));
      return 'unavailable';
    }
    const target = this.byVolume.get(volume)?.get(generation);
    if (!target || this.hidden.has(target)) return 'gone';
    target.admits = false;
    target.isClosing = true;
    if (this.irrevocable.has(volume)) return this.hide(target);
    for (const session of target.sessions) close(session);
    target.sessions.clear();
    if (target.halfway > 0) this.watcher.witnessed('target deleted under a login half-way in');
    if (this.deletesSessionsOnly) return this.hide(target);
    if (target.inFlight > 0) {
      this.watcher.witnessed('target deleted under I/O in flight');
      if (!this.ignoresInFlight) return 'busy';
    }
    this.byVolume.get(volume)?.delete(generation);
    this.byNumber.delete(target.number);
    if (this.letsFrozenIn) this.forgotten.set(target.number, target);
    this.changed(volume);
    return 'gone';
  }

  private hide(target: Target): 'gone' {
    this.hidden.add(target);
    this.changed(target.volume);
    return 'gone';
  }

  generations(volume: string): Set<number> | null {
    if (!this.isUp) return null;
    const found = new Set<number>();
    for (const target of this.byVolume.get(volume)?.values() ?? []) {
      if (!this.hidden.has(target)) found.add(target.generation);
    }
    return found;
  }

  /** The volumes of which `generations` may answer otherwise than at the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.changedVolumes;
    this.changedVolumes = new Set();
    return changed;
  }

  /** Every target that the daemon lists. */
  targets(): { volume: string; generation: number }[] {
    return [...this.byNumber.values()].filter((target) => !this.hidden.has(target));
  }

  /** Changes whenever `generations` would answer otherwise. */
  fingerprint(): string {
    return this.isUp ? `${this.version}` : 'unavailable';
  }

  /** Every target there is, and every session. */
  listed(): { key: string; volume: string; generation: number; sessions: Omit<Login, 'number'>[] }[] {
    const known = [...this.byNumber.values()].filter((target) => !this.hidden.has(target) || target.sessions.size > 0);
    return known.map((target) => {
      const { volume, generation, sessions } = target;
      return { key: keyOf(target), volume, generation, sessions: [...sessions] };
    });
  }

  isBusy(volume: string, generation: number): boolean {
    return (this.byVolume.get(volume)?.get(generation)?.inFlight ?? 0) > 0;
  }

  /** Whether it would let this copy log in. */
  admits(volume: string, generation: number, host: string): boolean {
    const target = this.byVolume.get(volume)?.get(generation);
    return this.isUp && target?.admits === true && target.host === host;
  }

  /** The first half of a login: address and CHAP are checked here, and never again. */
  logIn(volume: string, generation: number, host: string, as = accountOf(volume, generation)): Login | null {
    const target = this.byVolume.get(volume)?.get(generation);
    if (!this.isUp || !target?.admits || target.host !== host) return null;
    const { account } = target;
    if (account && (account.user !== as.user || account.password !== as.password)) return null;
    target.halfway += 1;
    return { number: target.number, volume, generation, host };
  }

  /** The second half: the session is listed, if there is a target of that number. */
  finishLogIn({ number, volume, generation, host }: Login): Session | null {
    const target = this.byNumber.get(number) ?? (this.letsFrozenIn ? this.forgotten.get(number) : undefined);
    if (!this.isUp || !target) return null;
    const isItsOwn = target.volume === volume && target.generation === generation;
    if (isItsOwn) target.halfway -= 1;
    if (!isItsOwn) this.watcher.opened(`${host} logged in to ${keyOf(target)} as ${volume}/g${generation}`);
    const session = { target, volume, generation, host, isOpen: true, stir: () => undefined };
    target.sessions.add(session);
    return session;
  }

  /**
   * A guest's write arrives: accepted only through a session of a target that exists now; it lands a little later.
   * `acknowledge` is called if it landed and the initiator is still there to hear of it.
   */
  write(session: Session, acknowledge?: () => void): void {
    const { target, generation, host } = session;
    if (!session.isOpen || !this.daemon.alive) return;
    const isFrozen = this.daemon.isFrozen;
    const landed = (): void => {
      this.landed(target.volume, generation, host);
      if (session.isOpen) acknowledge?.();
    };
    if (!this.isHeldUp && !isFrozen) {
      landed();
      return;
    }
    target.inFlight += 1;
    const land = (): void => {
      target.inFlight -= 1;
      // A power cut of the storage node loses what had not landed.
      const isLost = this.byNumber.get(target.number) !== target && !this.ignoresInFlight;
      if (!isLost) landed();
    };
    if (this.frozenIo) this.frozenIo.push(this.daemon.guarded(land));
    else if (isFrozen) this.daemon.run(land);
    else this.daemon.after(ioMs + this.stuckMs, land);
  }

  /** The file system under the volumes freezes: writes stay in flight until it thaws, then they land. */
  freezeIo(isFrozen: boolean): void {
    this.machine.loop.disturb();
    const waiting = this.frozenIo ?? [];
    this.frozenIo = isFrozen ? waiting : null;
    if (!isFrozen) for (const land of waiting) land();
  }

  /** The last write was its own and no I/O is held up: another would tell nobody anything, until `stir` is called. */
  isSettled({ isOpen, target, generation, host }: Session): boolean {
    const last = this.lastWrites.get(target.volume);
    return isOpen && !this.isHeldUp && this.isUp && last?.generation === generation && last.host === host;
  }

  private landed(volume: string, generation: number, host: string): void {
    this.volumes.written(volume);
    this.watcher.written(volume, generation, host);
    const last = this.lastWrites.get(volume);
    if (last?.generation === generation && last.host === host) return;
    this.lastWrites.set(volume, { generation, host });
    for (const { sessions } of this.byVolume.get(volume)?.values() ?? []) for (const { stir } of sessions) stir();
  }

  private changed(volume: string): void {
    this.version += 1;
    this.changedVolumes.add(volume);
  }

  private make(volume: string, generation: number, host: string, hostEpoch: number): void {
    const target: Target = {
      number: this.freshNumber(),
      volume,
      generation,
      host,
      hostEpoch,
      account: null,
      admits: false,
      isClosing: false,
      inFlight: 0,
      halfway: 0,
      sessions: new Set(),
    };
    const known = this.byVolume.get(volume) ?? new Map<number, Target>();
    known.set(generation, target);
    this.byVolume.set(volume, known);
    this.byNumber.set(target.number, target);
    this.changed(volume);
  }

  /** Made whole again, step by step: sessions go on, nobody can log in meanwhile. */
  private closeToNewcomers(target: Target): void {
    if (target.admits && target.account) return;
    this.watcher.witnessed('target found half made');
    target.admits = false;
    target.account = null;
  }

  private isAnothers({ user }: Account, own: Target): boolean {
    for (const target of this.byNumber.values()) if (target !== own && target.account?.user === user) return true;
    return false;
  }

  private freshNumber(): number {
    if (this.reusesNumbers) {
      let number = 1;
      while (this.byNumber.has(number)) number += 1;
      return number;
    }
    this.lastNumber += 1;
    return this.lastNumber;
  }

  /** Power is cut, or the daemon dies. */
  private forgetTargets(): void {
    for (const { sessions } of this.byNumber.values()) for (const session of sessions) close(session);
    for (const volume of this.byVolume.keys()) this.changed(volume);
    this.byVolume.clear();
    this.byNumber.clear();
    this.hidden.clear();
  }
}

export interface TargetStores {
  at(node: string): TargetStore;
}
