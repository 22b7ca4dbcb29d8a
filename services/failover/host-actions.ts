import type { Bus } from '@holdfast/bus';
import {
  accepted,
  floors,
  hostView,
  leaseClose,
  probePeer,
  revokeHost,
  type HostRecord,
  type Reply,
} from '@holdfast/contracts';
import { unreachable } from '@holdfast/kernel';
import type { Clock } from '@holdfast/runtime';
import type { HostEffect } from './core/index.js';
import { HostPower } from './host-power.js';
import type { HostFencing, HostProbe } from './ports.js';

const probeTimeoutMs = 400;
const storageViewTimeoutMs = 400;
/** A peer gives up after 300 ms. */
const peerProbeTimeoutMs = 400;
/** Storage answers when the revocation is proven. */
const revokeTimeoutMs = 6000;

/** A floor on a disk, and no more. */
const leaseCloseTimeoutMs = 3000;

/** What failover does to a host: asks about it, cuts it off, switches it off. */
export class HostActions {
  readonly power: HostPower;

  constructor(
    private readonly deps: {
      bus: Bus;
      clock: Clock;
      incarnation: string;
      probe: HostProbe;
      fencing: ReadonlyMap<string, HostFencing>;
      /** Milliseconds of a clock that nobody sets. */
      monotonicMs?: () => number;
    },
  ) {
    this.power = new HostPower(deps);
  }

  async perform(
    effect: Exclude<HostEffect, { kind: 'check-power' }>,
    host: HostRecord,
  ): Promise<Reply<unknown>> {
    const { bus, incarnation, probe } = this.deps;
    const incident = host.incident?.id ?? null;
    switch (effect.kind) {
      case 'probe':
        return accepted(
          await probe.probe(host.addresses.management, host.probePort, probeTimeoutMs),
        );
      case 'storage-view': {
        const options = { timeoutMs: storageViewTimeoutMs };
        return await bus.request(hostView, effect.node, { host: host.host }, options);
      }
      case 'floors': {
        const options = { timeoutMs: storageViewTimeoutMs };
        return await bus.request(floors, effect.node, { incarnation, host: host.host }, options);
      }
      case 'revoke': {
        const { node, epochFloor } = effect;
        const request = { incarnation, host: host.host, epochFloor, incident };
        return await bus.request(revokeHost, node, request, { timeoutMs: revokeTimeoutMs });
      }
      case 'lease-close':
        return await this.closeLease(effect, host.host);
      case 'power-off':
        return await this.power.off(host);
      case 'power-on':
        return await this.power.on(host);
      case 'peer-probe': {
        const { management: address } = host.addresses;
        const asked = { host: host.host, address, port: host.probePort };
        return await bus.request(probePeer, effect.peer, asked, { timeoutMs: peerProbeTimeoutMs });
      }
      case 'power-view':
        return await this.power.view(host);
      default:
        return unreachable(effect, 'the effect');
    }
  }

  /**
   * Answers once the lease has been over for so long, by a clock of ours that nobody sets: from the receipt of the
   * node's word, less what had passed by then on the node's own clock, so never too early.
   */
  private async closeLease(
    { node, epochFloor, waitMs }: Extract<HostEffect, { kind: 'lease-close' }>,
    host: string,
  ): Promise<Reply<unknown>> {
    const { bus, clock, incarnation } = this.deps;
    const request = { incarnation, host, epochFloor };
    const closed = await bus.request(leaseClose, node, request, { timeoutMs: leaseCloseTimeoutMs });
    if (!closed.ok) return closed;
    const { monotonicMs = () => performance.now() } = this.deps;
    const dueMs = monotonicMs() + waitMs - closed.value.renewedAgoMs;
    // A timer may be a little early.
    for (let leftMs = dueMs - monotonicMs(); leftMs > 0; leftMs = dueMs - monotonicMs()) {
      await new Promise<void>((resolve) => void clock.after(leftMs, resolve));
    }
    return closed;
  }
}
