/**
 * What is known of packing without knowing how long a VM stays, in its plainest form: each looks at all hosts and takes
 * the one it likes best. Best fit by one resource or all, and the two that Panigrahy et al. found best for several
 * resources (Heuristics for Vector Bin Packing, Microsoft Research 2011): dot product and the norm of what is left.
 */
import { traceHost, type TraceVm } from './churn-trace.js';

/** Shares of a host, 0 to 1. */
interface Shares {
  cpus: number;
  memory: number;
}

/** The more, the better; `left`: once the VM is there. */
type Liking = (left: Shares, vm: Shares) => number;

export const knownPolicies: Readonly<Record<string, Liking>> = {
  'first fit': () => 0,
  'best fit, CPUs': ({ cpus }) => -cpus,
  'best fit, memory': ({ memory }) => -memory,
  'best fit, sum': ({ cpus, memory }) => -(cpus + memory),
  'best fit, scarcer': ({ cpus, memory }) => -Math.min(cpus, memory),
  'dot product': (left, vm) => -((left.cpus + vm.cpus) * vm.cpus + (left.memory + vm.memory) * vm.memory),
  'norm of what is left': ({ cpus, memory }) => -(cpus ** 2 + memory ** 2),
  'worst fit': ({ cpus, memory }) => Math.min(cpus, memory),
};

/** Where VMs are put as they come; not the scheduler's own code, so that it can be held to this. */
export class PlainPlacer {
  private readonly left: Shares[];
  private readonly services: Set<number>[];

  constructor(
    hosts: number,
    private readonly likes: Liking,
  ) {
    this.left = Array.from({ length: hosts }, () => ({ cpus: 1, memory: 1 }));
    this.services = Array.from({ length: hosts }, () => new Set());
  }

  /** The host's index; null when none can take it. */
  put(vm: TraceVm): number | null {
    const size = sharesOf(vm);
    let best: number | null = null;
    let bestLiking = -Infinity;
    for (const [host, free] of this.left.entries()) {
      const left = { cpus: free.cpus - size.cpus, memory: free.memory - size.memory };
      if (left.cpus < -rounding || left.memory < -rounding) continue;
      if (vm.service !== null && this.services[host]?.has(vm.service)) continue;
      const liking = this.likes(left, size);
      if (liking <= bestLiking) continue;
      best = host;
      bestLiking = liking;
    }
    if (best !== null) this.change(best, vm, -1);
    return best;
  }

  remove(vm: TraceVm, host: number): void {
    this.change(host, vm, 1);
  }

  private change(host: number, vm: TraceVm, sign: 1 | -1): void {
    const free = this.left[host];
    const size = sharesOf(vm);
    if (!free) return;
    free.cpus += sign * size.cpus;
    free.memory += sign * size.memory;
    if (vm.service === null) return;
    if (sign < 0) this.services[host]?.add(vm.service);
    else this.services[host]?.delete(vm.service);
  }
}

const rounding = 1e-9;
const sharesOf = ({ cpus, memoryMiB }: TraceVm): Shares => ({
  cpus: cpus / traceHost.cpus,
  memory: memoryMiB / traceHost.memoryMiB,
});
