import type { Scenario } from '@holdfast/sim';
import type { TestSystem } from './test-system.js';

export type Action = Scenario['timeline'][number];

/** A scenario's hosts and VMs in the lab. */
export interface Names {
  host(name: string): string;
  vm(name: string): string;
  /** Where a VM ran last, or is at home: there it is started again. */
  usualHost(vm: string): string;
  /** The lab's hosts whose BMC is dead, whatever is plugged. */
  readonly deadBmcs: Set<string>;
}

const upOrDown = (on: boolean): 'up' | 'down' => (on ? 'up' : 'down');

/**
 * Does in the lab what the simulator does to its world. Resolves when it is done; what lasts, as a pause, is handed
 * back to be waited for.
 */
export async function actInLab(
  { lab, client }: TestSystem,
  names: Names,
  action: Action,
): Promise<{ lasts?: Promise<void> }> {
  switch (action.do) {
    case 'host.power':
      await lab.power(names.host(action.host), action.on ? 'on' : 'off');
      break;
    case 'host.network': {
      const host = names.host(action.host);
      // One after the other takes a while: management, by which hosts are missed and found again, comes last.
      for (const network of ['storage', 'guest', 'bmc', 'management'] as const) {
        if (network === 'bmc' && names.deadBmcs.has(host)) continue;
        await lab.link(host, network, upOrDown(action.on));
      }
      break;
    }
    case 'host.link':
      if (!action.link) throw new Error('the lab cannot cut one direction');
      await lab.link(names.host(action.host), action.link, upOrDown(action.on));
      break;
    case 'bmc':
      // A BMC that is dead answers as little as one whose cable is pulled.
      if (action.on) names.deadBmcs.delete(names.host(action.host));
      else names.deadBmcs.add(names.host(action.host));
      await lab.link(names.host(action.host), 'bmc', upOrDown(action.on));
      break;
    case 'host.maintenance':
      await client.maintenance(names.host(action.host), { on: action.on, reason: 'planned work' });
      break;
    case 'host.shutdown':
      await lab.shutdown(names.host(action.host));
      break;
    case 'host.reboot':
      await lab.reboot(names.host(action.host));
      break;
    case 'host.agent':
      await lab.agent(names.host(action.host), action.on ? 'start' : 'stop');
      break;
    case 'host.pause':
      return { lasts: lab.pause(names.host(action.host), action.seconds) };
    case 'bus':
      await lab.bus(upOrDown(action.on));
      break;
    case 'storage':
      await lab.san(upOrDown(action.on));
      break;
    default:
      await actOnVm({ lab, client }, names, action);
  }
  return {};
}

async function actOnVm(
  { lab, client }: Pick<TestSystem, 'lab' | 'client'>,
  names: Names,
  action: Action,
): Promise<void> {
  switch (action.do) {
    case 'vm.start':
      await client.startVm(names.vm(action.vm), { host: names.usualHost(action.vm) });
      break;
    case 'vm.stop':
      await client.stopVm(names.vm(action.vm), { force: action.force });
      break;
    case 'vm.migrate':
      await client.migrateVm(names.vm(action.vm), action.host ? { host: names.host(action.host) } : {});
      break;
    case 'vm.relocate':
      await client.relocateVm(names.vm(action.vm), { host: names.host(action.host) });
      break;
    case 'vm.delete':
      await client.deleteVm(names.vm(action.vm));
      break;
    case 'vm.crash': {
      const vm = names.vm(action.vm);
      const host = (await client.vm(vm)).assignment?.host ?? '';
      await lab.node(host).exec('pkill', ['-KILL', '-f', `guest=${vm},`]);
      break;
    }
    default:
      throw new Error(`the lab has no verb ${action.do}`);
  }
}
