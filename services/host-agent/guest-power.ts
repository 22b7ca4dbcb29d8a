import type { Clock } from '@holdfast/runtime';
import { cleanUpAgainMs, cleanUpAttempts } from './core/index.js';
import { HypervisorError, type DomainIdentity, type Hypervisor } from './ports.js';

const stopPollMs = 100;
const rebootWithinMs = 60_000;
const rebootPollMs = 50;

/** Asks guests to power down or to reboot, and waits until they have. */
export class GuestPower {
  private readonly forced = new Set<string>();
  private readonly rebooted = new Set<string>();

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly clock: Clock,
  ) {}

  /** A guest that is being waited for is waited for no longer. */
  force(vm: string): void {
    this.forced.add(vm);
  }

  /** No action on this VM is in hand any more. */
  release(vm: string): void {
    this.forced.delete(vm);
  }

  /** The hypervisor told that the guest was reset. */
  sawReboot(vm: string): void {
    this.rebooted.add(vm);
  }

  /** Resolves when the guest has gone, or when its grace is over: then it is to be destroyed. */
  async stop(identity: DomainIdentity, graceSeconds: number): Promise<void> {
    if (graceSeconds === 0) return;
    const deadlineMs = this.clock.nowMs() + graceSeconds * 1000;
    await this.hypervisor.shutdown(identity.vm).catch(ignoreHypervisor);
    while (this.clock.nowMs() < deadlineMs && !this.forced.has(identity.vm)) {
      if (!(await this.isHere(identity))) return;
      await this.pause(stopPollMs);
    }
  }

  /**
   * Destroys it, and asks again until the hypervisor says that it is gone. What was asked of one that hangs may still
   * be done later, so until then it must not count as a copy that runs.
   */
  async end(identity: DomainIdentity, warn: (cause: unknown) => void): Promise<boolean> {
    for (let attempt = 0; attempt < cleanUpAttempts; attempt += 1) {
      try {
        await this.hypervisor.destroy(identity);
        return true;
      } catch (cause) {
        warn(cause);
      }
      await this.pause(cleanUpAgainMs);
    }
    return false;
  }

  /** Asks, and waits until the guest was really reset, or is no longer wanted to be. */
  async reboot(
    vm: string,
    force: boolean,
    isWanted: () => boolean,
  ): Promise<{ result: 'done' | 'failed'; reason: string }> {
    this.rebooted.delete(vm);
    const deadlineMs = this.clock.nowMs() + rebootWithinMs;
    await this.hypervisor.reboot(vm, force);
    while (this.clock.nowMs() < deadlineMs) {
      if (this.rebooted.delete(vm)) return { result: 'done', reason: '' };
      if (!isWanted()) break;
      await this.pause(rebootPollMs);
    }
    const reason = `the guest did not react within ${rebootWithinMs / 1000} s; force the reboot to reset it`;
    return { result: 'failed', reason };
  }

  async isHere({ uid, generation }: DomainIdentity): Promise<boolean> {
    const domains = await this.hypervisor.list();
    return domains.some(
      ({ identity, state }) =>
        identity.uid === uid &&
        identity.generation === generation &&
        state !== 'shutoff',
    );
  }

  private async pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => void this.clock.after(delayMs, resolve));
  }
}

/** What the hypervisor does not do it says again when it is looked at; anything else is a bug. */
export function ignoreHypervisor(error: unknown): void {
  if (!(error instanceof HypervisorError)) throw error;
}
