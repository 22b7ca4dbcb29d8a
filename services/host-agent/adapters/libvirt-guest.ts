/** What libvirt does to a guest, or asks of it, beyond its power. */
import type { ProbeOutcome } from '../core/index.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { domainStateNames, errorCode, procedures, type DomainRef } from './libvirt-rpc/procedures.js';
import { LibvirtRpc, type RpcOptions } from './libvirt-rpc/rpc.js';
import { isLibvirtError } from './libvirt-errors.js';

/** Resets the guest; one that has panicked stands still, and goes on only when it is told to. */
export async function resetGuest(connection: LibvirtConnection, domain: DomainRef, timeoutMs: number): Promise<void> {
  const { state } = await connection.call(procedures.domainState, { domain, flags: 0 }, timeoutMs);
  await connection.call(procedures.domainReset, { domain, flags: 0 }, timeoutMs);
  if (domainStateNames[state] === 'crashed') await connection.call(procedures.domainResume, { domain }, timeoutMs);
}

/** What libvirt says when it is the guest that does not answer. */
const silentAgent = [
  errorCode.agentUnresponsive,
  errorCode.agentUnsynced,
  errorCode.agentCommandTimeout,
  errorCode.agentCommandFailed,
];
const pingsMax = 4;

/**
 * Pings guests' agents on connections of their own, a few at a time: one that hangs takes no place of the calls that
 * start and stop VMs.
 */
export class AgentPings {
  private inHand = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly options: RpcOptions) {}

  async ping(domain: DomainRef, timeoutMs: number): Promise<ProbeOutcome> {
    if (!(await this.enter(timeoutMs))) return { result: 'unknown' };
    try {
      const rpc = await LibvirtRpc.open(this.options);
      try {
        const seconds = Math.max(1, Math.floor(timeoutMs / 1000));
        const command = '{"execute":"guest-ping"}';
        await rpc.call(procedures.agentCommand, { domain, command, seconds, flags: 0 }, timeoutMs + 1000);
        return { result: 'passed' };
      } finally {
        void rpc.close();
      }
    } catch (error) {
      if (!isLibvirtError(error, ...silentAgent)) return { result: 'unknown' };
      return { result: 'failed', reason: 'its agent does not answer' };
    } finally {
      this.inHand -= 1;
      this.line.shift()?.();
    }
  }

  /** False when no place came free in time. */
  private enter(timeoutMs: number): Promise<boolean> {
    if (this.inHand < pingsMax) {
      this.inHand += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const proceed = (): void => {
        clearTimeout(timer);
        this.inHand += 1;
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.line.splice(this.line.indexOf(proceed), 1);
        resolve(false);
      }, timeoutMs);
      this.line.push(proceed);
    });
  }
}
