/**
 * What the probes of one guest say of it, from their results alone.
 *
 * A guest is looked at only while its copy runs with nothing in hand: a start, a stop, a reset, a move or a pause ends
 * the look, and what was counted is forgotten. During the grace time after that no failure counts; the first success
 * ends it, as in a container's start period, so that it can be as long as the slowest boot. It is counted in questions,
 * one each interval: a clock that jumps does not end it.
 *
 *   (null: not known) ──► healthy ◄──► unhealthy        panicked, watchdog: until the guest is reset
 */
import { probeName, type GuestHealth, type ObservedVm, type VmProbes } from '@holdfast/contracts';
import { isLive, type LocalVm } from './vm.js';

interface Timing {
  intervalSeconds: number;
  timeoutSeconds: number;
  failures: number;
  graceSeconds: number;
}

/** A probe that has to be asked, again and again. */
export type GuestProbe = { name: string; timing: Timing } & (
  | { kind: 'agent' }
  | { kind: 'tcp'; address: string; port: number }
  | { kind: 'http'; address: string; port: number; path: string; status: number }
);

/** `unknown`: nothing was learned of the guest, as the trouble is on our side. */
export type ProbeOutcome = { result: 'passed' } | { result: 'failed'; reason: string } | { result: 'unknown' };

interface Asked {
  dueAtMs: number;
  isAsking: boolean;
  /** Questions that have ended since the look began. */
  ended: number;
  failures: number;
  reason: string;
  hasPassed: boolean;
}

/** One guest that is being looked at. */
export interface GuestWatch {
  /** The copy, how long it has been as it is, and its probes: with another of them the look begins anew. */
  of: string;
  /** By the probe's name. */
  asked: Readonly<Record<string, Asked>>;
}

const probesOf = new WeakMap<VmProbes, readonly GuestProbe[]>();

/** Those of a VM that have to be asked; `panic` and `watchdog` tell by themselves. */
export function guestProbes(probes: VmProbes): readonly GuestProbe[] {
  let asked = probesOf.get(probes);
  if (!asked) {
    asked = askedProbes(probes);
    probesOf.set(probes, asked);
  }
  return asked;
}

function askedProbes({ agent, tcp, http }: VmProbes): GuestProbe[] {
  return [
    ...(agent === null ? [] : [{ kind: 'agent' as const, name: probeName.agent, timing: agent }]),
    ...tcp.map(({ address, port, ...timing }) => {
      return { kind: 'tcp' as const, name: probeName.tcp({ address, port }), address, port, timing };
    }),
    ...http.map(({ address, port, path, status, ...timing }) => {
      const name = probeName.http({ address, port, path });
      return { kind: 'http' as const, name, address, port, path, status, timing };
    }),
  ];
}

const notAsked = (dueAtMs: number): Asked => ({
  dueAtMs,
  isAsking: false,
  ended: 0,
  failures: 0,
  reason: '',
  hasPassed: false,
});

export interface Look {
  /** Null while it is not to be looked at. */
  watch: GuestWatch | null;
  /** To be asked now. */
  due: GuestProbe[];
  wakeAtMs: number | null;
}

/**
 * Which probes are due. `isBusy`: an action on it is in hand. `isSeen`: the hypervisor answers; while it does not,
 * nobody can tell whether the guest stands still, as one does whose disk refuses a write.
 */
export function lookAt(
  before: GuestWatch | null,
  vm: LocalVm,
  now: { nowMs: number; isBusy: boolean; isSeen: boolean },
): Look {
  const { copy, probes } = vm;
  const { nowMs } = now;
  const isLeft = now.isBusy || !now.isSeen;
  if (!probes || copy?.state !== 'running' || isLeft) return { watch: null, due: [], wakeAtMs: null };
  const of = `${copy.uid}/g${copy.generation}/${copy.sinceMs}/${copy.watch ?? ''}`;
  const known = before?.of === of ? before : { of, asked: {} };
  const asked: Record<string, Asked> = {};
  const due: GuestProbe[] = [];
  let wakeAtMs: number | null = null;
  for (const probe of guestProbes(probes)) {
    const intervalMs = probe.timing.intervalSeconds * 1000;
    const was = known.asked[probe.name] ?? notAsked(nowMs);
    // A clock that was set back must not put the next question off.
    const dueAtMs = Math.min(was.dueAtMs, nowMs + intervalMs);
    const isDue = !was.isAsking && dueAtMs <= nowMs;
    if (isDue) due.push(probe);
    const next = isDue ? { ...was, isAsking: true, dueAtMs: nowMs + intervalMs } : { ...was, dueAtMs };
    asked[probe.name] = next;
    wakeAtMs = Math.min(wakeAtMs ?? Infinity, next.dueAtMs);
  }
  return { watch: { of, asked }, due, wakeAtMs };
}

/** What came of one question; a watch that has begun anew since then does not hear it. */
export function heard(watch: GuestWatch, probe: GuestProbe, outcome: ProbeOutcome): GuestWatch {
  const was = watch.asked[probe.name];
  if (!was) return watch;
  const isInGrace = !was.hasPassed && was.ended * probe.timing.intervalSeconds < probe.timing.graceSeconds;
  return { ...watch, asked: { ...watch.asked, [probe.name]: after(was, outcome, isInGrace) } };
}

function after(was: Asked, outcome: ProbeOutcome, isInGrace: boolean): Asked {
  const known = { ...was, isAsking: false, ended: was.ended + 1 };
  if (outcome.result === 'passed') return { ...known, failures: 0, reason: '', hasPassed: true };
  if (outcome.result === 'unknown' || isInGrace) return known;
  return { ...known, failures: was.failures + 1, reason: outcome.reason };
}

/** What is to be said of the guest now; the same object as before when that is nothing new. */
export function judged(watch: GuestWatch, vm: LocalVm, nowMs: number): GuestHealth | null {
  const before = vm.copy?.guest ?? null;
  if (before?.state === 'panicked' || before?.state === 'watchdog') return before;
  const probes = vm.probes ? guestProbes(vm.probes) : [];
  const results = probes.map((probe) => ({ probe, asked: watch.asked[probe.name] }));
  const failed = results.find(({ probe, asked }) => (asked?.failures ?? 0) >= probe.timing.failures);
  if (failed) {
    if (before?.state === 'unhealthy') return before;
    const { name, timing } = failed.probe;
    const times = timing.failures === 1 ? '' : `, ${timing.failures} times in a row`;
    const reason = `${failed.asked?.reason ?? ''}${times}`.slice(0, 500);
    return { state: 'unhealthy', probe: name, reason, sinceMs: nowMs };
  }
  const isContent = results.every(({ asked }) => asked?.hasPassed === true && asked.failures === 0);
  if (before?.state === 'healthy' || !isContent) return before;
  return { state: 'healthy', probe: '', reason: '', sinceMs: nowMs };
}

/** The guest itself told, by a device of its own. Only what runs here can. */
export function toldByGuest(vm: LocalVm, state: 'panicked' | 'watchdog', nowMs: number): LocalVm {
  const { copy, probes } = vm;
  const isDeclared = state === 'panicked' ? probes?.panic : probes?.watchdog;
  const before = copy?.guest?.state;
  if (!isDeclared || !isLive(copy) || before === 'panicked' || before === state) return vm;
  const probe = state === 'panicked' ? probeName.panic : probeName.watchdog;
  const reason = state === 'panicked' ? 'its kernel has panicked' : 'it was not fed in time';
  return { ...vm, copy: { ...copy, guest: { state, probe, reason, sinceMs: nowMs } } };
}

/** It boots anew: nothing is known of it, and its grace time begins. */
export function wasReset(vm: LocalVm, nowMs: number): LocalVm {
  const { copy, probes } = vm;
  if (!probes || !isLive(copy)) return vm;
  return { ...vm, copy: { ...copy, guest: null, sinceMs: nowMs } };
}

/** With what is to be said of its guest. */
export function withHealth(vm: LocalVm, guest: ObservedVm['guest']): LocalVm {
  return vm.copy === null || (vm.copy.guest ?? null) === guest ? vm : { ...vm, copy: { ...vm.copy, guest } };
}
