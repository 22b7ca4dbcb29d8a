/**
 * What VMs have taken up, counted from their events: a pure function over them, in the order of the stream.
 *
 *   a disk   from `requested` until `deleted`, whether or not its VM runs
 *   a CPU, memory   from `started` until the VM is known to run no more; between a crash and the next start nothing
 *
 * A VM runs once at a time: whatever a second `started` says, the time between two moments is counted once. Sizes are
 * what the newest event that names them says.
 */
import { projectOf, type CloudEvent } from '@holdfast/contracts';

/** After these it does not run any more; where it did not run before, nothing changes. */
const endings = [
  'halted', 'stopped', 'shut-down', 'crashed', 'failed', 'recovering', 'self-fenced', 'released', 'restored', 'deleted',
] as const;
/** The verbs of VM events that are counted from. */
export const usageVerbs: readonly string[] = ['requested', 'started', 'resized', ...endings];

export interface UsageEvent {
  vm: string;
  /** Of the VM: its name may be used again. */
  uid: string;
  project: string;
  /** The cluster's, in which it happened. */
  incarnation: string;
  verb: string;
  atMs: number;
  data: Readonly<Record<string, unknown>>;
}

/** In milliseconds, and in those times CPUs or MiB. */
export interface VmUsage {
  vm: string;
  uid: string;
  project: string;
  runningMs: number;
  cpuMs: number;
  memoryMiBMs: number;
  disksMiBMs: number;
}

export interface UsageSpan {
  fromMs: number;
  /** Not after now. */
  untilMs: number;
  /** The names of the VMs that there are, by uid: any other without a `deleted` ended with its incarnation. */
  present: ReadonlyMap<string, string>;
  /** When each incarnation was last known to go on. */
  lastSeenMs: ReadonlyMap<string, number>;
}

interface Counted extends VmUsage {
  incarnation: string;
  cpus: number;
  memoryMiB: number;
  disksMiB: number;
  isRunning: boolean;
  isThere: boolean;
  /** Everything before has been counted. */
  atMs: number;
}

export class UsageCount {
  private readonly vms = new Map<string, Counted>();

  constructor(private readonly span: UsageSpan) {}

  add(event: UsageEvent): void {
    if (!usageVerbs.includes(event.verb)) return;
    const vm = this.vms.get(event.uid) ?? begun(event);
    this.vms.set(event.uid, vm);
    this.countUntil(vm, event.atMs);
    vm.vm = event.vm;
    vm.incarnation = event.incarnation;
    vm.cpus = numberOr(event.data['cpus'], vm.cpus);
    vm.memoryMiB = numberOr(event.data['memoryMiB'], vm.memoryMiB);
    vm.disksMiB = numberOr(event.data['disksMiB'], vm.disksMiB);
    vm.isThere = event.verb !== 'deleted';
    if (event.verb === 'started') vm.isRunning = true;
    else if ((endings as readonly string[]).includes(event.verb)) vm.isRunning = false;
  }

  /** Those that took up something within the span. To be asked once, after the last event. */
  result(): VmUsage[] {
    const { present, lastSeenMs, untilMs } = this.span;
    for (const vm of this.vms.values()) {
      this.countUntil(vm, present.has(vm.uid) ? untilMs : lastSeenMs.get(vm.incarnation) ?? vm.atMs);
    }
    return [...this.vms.values()]
      .filter(({ runningMs, disksMiBMs }) => runningMs > 0 || disksMiBMs > 0)
      .map(({ vm, uid, project, runningMs, cpuMs, memoryMiBMs, disksMiBMs }) =>
        ({ vm: present.get(uid) ?? vm, uid, project, runningMs, cpuMs, memoryMiBMs, disksMiBMs }));
  }

  private countUntil(vm: Counted, atMs: number): void {
    const { fromMs, untilMs } = this.span;
    const ms = Math.min(atMs, untilMs) - Math.max(vm.atMs, fromMs);
    // Another replica's clock may be behind: what is counted stays counted, and nothing is counted twice.
    vm.atMs = Math.max(vm.atMs, atMs);
    if (ms <= 0) return;
    if (vm.isThere) vm.disksMiBMs += ms * vm.disksMiB;
    if (!vm.isRunning) return;
    vm.runningMs += ms;
    vm.cpuMs += ms * vm.cpus;
    vm.memoryMiBMs += ms * vm.memoryMiB;
  }
}

function begun({ vm, uid, project, incarnation, atMs }: UsageEvent): Counted {
  const size = { cpus: 0, memoryMiB: 0, disksMiB: 0 };
  const nothing = { runningMs: 0, cpuMs: 0, memoryMiBMs: 0, disksMiBMs: 0 };
  return { vm, uid, project, incarnation, ...size, ...nothing, isRunning: false, isThere: true, atMs };
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** Null: not an event of a VM, whose id ends `INCARNATION.vm.UID.NUMBER`. */
export function usageEventOf(
  event: Pick<CloudEvent, 'id' | 'type' | 'subject' | 'data' | 'project'>,
): UsageEvent | null {
  const { id, type, subject, data } = event;
  const [, incarnation, uid] = /^(.+)\.vm\.([^.]+)\.\d+$/.exec(id) ?? [];
  const verb = type.split('.')[3];
  if (incarnation === undefined || uid === undefined || verb === undefined) return null;
  return { vm: subject, uid, project: projectOf(event), incarnation, verb, atMs: data.atMs, data };
}
