import type { Bus } from '@holdfast/bus';
import { accepted, floors, hostView, refused, revokeHost, type HostRecord, type Reply } from '@holdfast/contracts';
import { unreachable } from '@holdfast/kernel';
import type { Clock } from '@holdfast/runtime';
import type { HostEffect } from './core/index.js';
import { PowerError, type HostProbe, type PowerSwitch } from './ports.js';

const probeTimeoutMs = 400;
const storageViewTimeoutMs = 400;
/** Storage answers when the revocation is proven. */
const revokeTimeoutMs = 6000;
const powerReadsAtMost = 40;
const powerReadEveryMs = 100;

/** What failover does to a host: asks about it, cuts it off, switches it off. */
export class HostActions {
  constructor(
    private readonly deps: {
      bus: Bus;
      clock: Clock;
      incarnation: string;
      probe: HostProbe;
      powerSwitches: ReadonlyMap<string, PowerSwitch>;
    },
  ) {}

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
      case 'power-off':
        return await this.powerOff(host);
      default:
        return unreachable(effect, 'the effect');
    }
  }

  /** Proof is that it *reads* off after it was commanded off. */
  private async powerOff(host: HostRecord): Promise<Reply<unknown>> {
    const power = this.deps.powerSwitches.get(host.host);
    if (!power) return refused('not-found', `${host.host} has no power switch`);
    try {
      await power.set('off');
      for (let read = 0; read < powerReadsAtMost; read += 1) {
        if ((await power.read()) === 'off') return accepted({ state: 'off' });
        await new Promise<void>((resolve) => void this.deps.clock.after(powerReadEveryMs, resolve));
      }
      return refused('unavailable', 'it was commanded off but still reads on');
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Safety rule: a BMC proves something only if its system UUID is the host's. */
  async checkPower(host: HostRecord): Promise<Reply<HostRecord['power']>> {
    const power = this.deps.powerSwitches.get(host.host);
    if (!power) return accepted({ state: 'none', detail: '' });
    try {
      const uuid = await power.systemUuid();
      if (uuid === host.uuid) {
        return accepted({ state: 'verified', detail: 'the BMC has the system UUID of this host' });
      }
      const detail = `the BMC says it belongs to ${uuid ?? 'no known machine'}, this host is ${host.uuid}`;
      return accepted({ state: 'mismatch', detail });
    } catch (error) {
      return refusalOf(error);
    }
  }
}

function refusalOf(error: unknown): Reply<never> {
  if (error instanceof PowerError) return refused('unavailable', `BMC: ${error.message}`);
  throw error;
}
