import type { HostView, VmView } from '@holdfast/client';
import { UsageError } from '../failure.js';
import { withJson, type Register, type Session } from '../session.js';

type Vars = Record<string, unknown>;

/** What Ansible asks a dynamic inventory for (Ansible's developer guide, "Developing dynamic inventory"). */
export interface Inventory {
  _meta: { hostvars: Record<string, Vars> };
  [group: string]: unknown;
}

/** Of hosts and VMs: a host is reached at its management address, a guest by whatever its own name resolves to. */
export function inventoryOf(hosts: readonly HostView[], vms: readonly VmView[]): Inventory {
  const hostvars: Record<string, Vars> = {};
  const groups = new Map<string, Set<string>>([['holdfast_hosts', new Set()], ['holdfast_vms', new Set()]]);
  const add = (group: string, name: string): void => {
    const key = group.replace(/[^A-Za-z0-9_]/g, '_');
    groups.set(key, (groups.get(key) ?? new Set()).add(name));
  };
  for (const { host, addresses, health, admin, labels } of hosts) {
    hostvars[host] = {
      ansible_host: addresses.management,
      holdfast_kind: 'host',
      holdfast_health: health,
      holdfast_admin: admin,
      holdfast_labels: labels,
    };
    add('holdfast_hosts', host);
    add(`host_health_${health}`, host);
    for (const [key, value] of Object.entries(labels)) add(`host_label_${key}_${value}`, host);
  }
  for (const vm of vms) {
    const name = Object.hasOwn(hostvars, vm.name) ? `vm-${vm.name}` : vm.name;
    const host = vm.assignment?.host ?? null;
    hostvars[name] = {
      holdfast_kind: 'vm',
      holdfast_vm: vm.name,
      holdfast_project: vm.project,
      holdfast_phase: vm.phase,
      holdfast_host: host,
      holdfast_cpus: vm.spec.cpus,
      holdfast_memory_mib: vm.spec.memoryMiB,
      holdfast_image: vm.spec.image,
      holdfast_network: vm.spec.network,
    };
    add('holdfast_vms', name);
    add(`vm_phase_${vm.phase}`, name);
    add(`vm_project_${vm.project}`, name);
    if (host !== null) add(`vm_on_${host}`, name);
  }
  const listed = [...groups].map(([group, names]) => [group, { hosts: [...names].sort() }] as const);
  return { _meta: { hostvars }, ...Object.fromEntries(listed) };
}

async function inventory({ client }: Session): Promise<Inventory> {
  const [hosts, vms] = await Promise.all([
    client.all<HostView>((page) => client.hosts(page)),
    client.all<VmView>((page) => client.vms(page)),
  ]);
  return inventoryOf(hosts, vms);
}

/** `inventory`: hosts and VMs as Ansible reads them. */
export const registerInventory: Register = (program, session) => {
  withJson(program.command('inventory'))
    .description('hosts and VMs as a dynamic inventory of Ansible')
    .option('--list', 'all groups, with the variables of all')
    .option('--host <NAME>', 'the variables of one')
    .addHelpText(
      'after',
      `
Ansible runs an executable file; make one of two lines and name it with -i:
  #!/bin/sh
  exec holdfast inventory "$@"

Groups: holdfast_hosts, holdfast_vms, host_health_HEALTH, host_label_KEY_VALUE, vm_phase_PHASE, vm_project_PROJECT,
vm_on_HOST.`,
    )
    .action(async ({ list, host }: { list?: boolean; host?: string }) => {
      if ((list === true) === (host !== undefined)) throw new UsageError('give either --list or --host NAME');
      const all = await inventory(session);
      session.output.json(host === undefined ? all : (all._meta.hostvars[host] ?? {}));
    });
};
