/** Guests: what an agent says of one is held against the guest itself, and what is done for one against its policy. */
import type { Observed, VmRecord } from '@holdfast/contracts';
import type { Hypervisor } from '../world/hypervisor.js';

export class GuestCheck {
  /** Rungs that a VM has gone up since its guest was last well for long. */
  private readonly rungs = new Map<string, number>();
  /** The generation at which it was last reset for its guest's sake. */
  private readonly resetAt = new Map<string, number>();

  constructor(
    private readonly hypervisor: (host: string) => Hypervisor | null,
    private readonly broken: (text: string) => void,
    private readonly witnessed: (what: string) => void,
  ) {}

  observedWritten(host: string, before: Observed | null, after: Observed): void {
    for (const [vm, { guest, generation }] of Object.entries(after.vms)) {
      if (!guest || guest.state === 'healthy' || before?.vms[vm]?.guest?.sinceMs === guest.sinceMs) continue;
      const domain = this.hypervisor(host)?.domains.get(vm);
      if (domain?.identity.generation !== generation) continue;
      this.witnessed(`guest seen ${guest.state}`);
      const what = `${vm} g${generation} on ${host}`;
      if (!domain.guest.wasTroubled) this.broken(`${what} counts as ${guest.state}, and is well`);
    }
  }

  vmWritten(before: VmRecord | null, after: VmRecord): void {
    const { uid, name, spec, transitions, transitionCount, assignment, reboot } = after;
    const isNews = before?.uid === uid && transitionCount > before.transitionCount;
    const last = transitions.at(-1);
    if (!isNews || !last) return;
    if (last.event === 'vm.settled' || last.event === 'vm.start-requested') {
      this.rungs.delete(uid);
      this.resetAt.delete(uid);
    }
    if (last.event !== 'vm.unhealthy') return;
    const rungs = (this.rungs.get(uid) ?? 0) + 1;
    this.rungs.set(uid, rungs);
    const { maxRestart, maxRelocate } = spec.policy;
    // On each host a reset and its restarts, and the one that leaves it; as often again, where it was told only.
    const most = 2 * (maxRelocate + 1) * (maxRestart + 2);
    if (rungs > most) this.broken(`${name} has gone up ${rungs} rungs, and its policy allows ${most} at most`);
    if (!reboot || !assignment) return;
    const { generation } = assignment;
    if (this.resetAt.get(uid) === generation) this.broken(`${name} is reset again where a reset did not help`);
    this.resetAt.set(uid, generation);
  }
}
