/** Whether hosts that live are taken for dead while the machine, the network or their agents are in trouble. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldfastClient } from '@holdfast/client';
import { JudgedGuest, openSystem, systemUp, untilWell, type System } from '@holdfast/lab';
import { stressLab, type Stress } from './stress.js';

const hostCount = 3;
const wellWithinMs = 300_000;
/** A fence that was begun under stress is told a little later. */
const lastEventsMs = 5000;
const tellEveryMs = 10_000;

export interface HostEvent {
  host: string;
  event: string;
  text: string;
  atMs: number;
}

export interface SuspicionBench {
  stress: Stress;
  minutes: number;
  hosts: number;
  vms: number;
  suspected: number;
  held: number;
  /** Fences that were begun, or found proven at once. Nothing had been done that calls for any. */
  fenced: number;
  /** VMs that did not run through. */
  restarted: string[];
  events: HostEvent[];
  failures: string[];
}

export interface SuspicionBenchOptions {
  stateDirectory: string;
  minutes: number;
  stress: Stress;
  progress(step: string): void;
  signal: AbortSignal;
}

/**
 * Uses the system that runs in this directory, or brings one up and takes it down again; one VM runs on each host.
 * @throws LabError when the lab itself fails; what Holdfast does wrong is in the result.
 */
export async function benchSuspicion(options: SuspicionBenchOptions): Promise<SuspicionBench> {
  const { stateDirectory, progress } = options;
  const running = await openSystem(stateDirectory);
  progress(running ? 'using the system that runs here' : `bringing up a lab of its own, ${hostCount} hosts`);
  const system = running ?? (await systemUp({ stateDirectory, hosts: hostCount, progress }));
  try {
    return await measured(system, options);
  } finally {
    await system.client.close();
    if (!running) {
      progress('taking the lab down');
      await system.lab.down();
    }
  }
}

async function measured(system: System, options: SuspicionBenchOptions): Promise<SuspicionBench> {
  const { lab, client } = system;
  const { stress, minutes, progress, signal } = options;
  await untilWell(lab, client, { vms: [], withinMs: wellWithinMs, signal });
  const hosts = lab.nodes.filter(({ kind }) => kind === 'host').map(({ name }) => name);
  const guests: JudgedGuest[] = [];
  try {
    for (const host of hosts) {
      progress(`creating a VM on ${host}`);
      guests.push(await JudgedGuest.create({ lab, client, signal }, { name: `bench-suspicion-${host}`, host }));
    }
    const generations = new Map(await Promise.all(guests.map(async ({ name }) =>
      [name, (await client.vm(name)).generation] as const)));
    const events = await underStress(system, options);
    progress('waiting for all to be well again');
    const vms = guests.map(({ name }) => name);
    const failures: string[] = [];
    await untilWell(lab, client, { vms, withinMs: wellWithinMs, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      failures.push(error instanceof Error ? error.message : String(error));
    });
    const after = await Promise.all(vms.map((name) => client.vm(name)));
    const restarted = after.filter(({ name, generation }) => generations.get(name) !== generation);
    const counted = countOf(events);
    for (const each of counted.fences) failures.push(`${each.host} was fenced: ${each.text}`);
    const { suspected, held, fences } = counted;
    return {
      stress, minutes, hosts: hosts.length, vms: vms.length,
      suspected, held, fenced: fences.length,
      restarted: restarted.map(({ name }) => name), events, failures,
    };
  } finally {
    for (const guest of guests) {
      await guest.close();
      if (!signal.aborted) await guest.delete();
    }
  }
}

/** What was told of hosts meanwhile. */
async function underStress(system: System, options: SuspicionBenchOptions): Promise<HostEvent[]> {
  const { stress, minutes, progress, signal } = options;
  const watch = await watchHosts(system.client);
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  const stressed = stressLab(system.lab, stress, both);
  // Whatever fails there ends the wait here.
  const failed = stressed.then(() => undefined, () => end.abort());
  try {
    const endAtMs = performance.now() + minutes * 60_000;
    while (performance.now() < endAtMs && !both.aborted) {
      const leftMs = endAtMs - performance.now();
      const { suspected, held, fences } = countOf(watch.events);
      const seen = `${suspected} suspected, ${held} held, ${fences.length} fenced`;
      progress(`${stress}, ${Math.ceil(leftMs / 60_000)} min left: ${seen}`);
      await sleep(Math.min(tellEveryMs, leftMs), undefined, { signal: both }).catch(() => undefined);
    }
  } finally {
    end.abort();
    await failed;
  }
  await stressed;
  signal.throwIfAborted();
  await sleep(lastEventsMs, undefined, { signal });
  await watch.close();
  return watch.events;
}

/** A fence is told when it is begun, or at once as proven. */
export function countOf(events: readonly HostEvent[]): { suspected: number; held: number; fences: HostEvent[] } {
  const named = (name: string): HostEvent[] => events.filter(({ event }) => event === name);
  const begun = named('fencing');
  const atOnce = named('fenced').filter(({ host, atMs }) =>
    !begun.some((fencing) => fencing.host === host && fencing.atMs <= atMs));
  return { suspected: named('suspect').length, held: named('held').length, fences: [...begun, ...atOnce] };
}

/** Resolves when nothing that happens is missed any more. */
async function watchHosts(client: HoldfastClient): Promise<{ events: HostEvent[]; close(): Promise<void> }> {
  const events: HostEvent[] = [];
  const seen = new Set<string>();
  const abort = new AbortController();
  let following: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    following = client.followEvents({
      filter: 'host',
      signal: abort.signal,
      onOpen: resolve,
      onEvent: ({ event: { id, type, subject, data } }) => {
        if (seen.has(id)) return;
        seen.add(id);
        const name = /^io\.holdfast\.host\.([a-z-]+)\.v1$/.exec(type)?.[1] ?? type;
        events.push({ host: subject, event: name, text: data.text, atMs: data.atMs });
      },
    });
    following.catch(reject);
  });
  const close = async (): Promise<void> => {
    abort.abort();
    await following;
  };
  return { events, close };
}
