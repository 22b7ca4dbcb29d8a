/** What each permission lets its holder do. The order is that of the documentation. */
export const permissionTexts = {
  'status.read': 'see the state of the cluster: services, redundancy, capacity',
  'ha.arm': 'disarm and arm failover for the whole cluster',
  'host.read': 'see hosts, their drills and how they would be emptied',
  'host.label': 'say what a host shares with others',
  'host.maintain': 'empty a host, let it work again, wake it, end its hold-off',
  'host.drill': 'try on a host what its failover would need',
  'host.fence': 'have a host fenced, or vouch that it is dead',
  'vm.read': 'see VMs and their events',
  'vm.console': 'read the serial console of a VM and see its screen, with all that the guest writes there',
  'vm.create': 'create VMs',
  'vm.clone': 'make copies of VMs with all that is on their disks, where one may create VMs',
  'vm.power': 'start, stop, reboot, reset, pause, resume and suspend VMs',
  'vm.move': 'move VMs to other hosts',
  'vm.configure': 'change the name, size, disks, policy, notes, labels and protection of VMs',
  'vm.delete': 'delete VMs and their disks',
  'schedule.read': 'see what is done to VMs at times to come',
  'schedule.write': 'have things done to VMs at times to come, and delete such schedules',
  'volume.read': 'see volumes and who may write them',
  'network.read': 'see guest networks, which hosts offer them, and which VMs are on them',
  'network.write': 'say which project\'s VMs may be on a guest network, or that it is shared',
  'image.read': 'see the images that VMs are made from, and who has them',
  'place.read': 'ask what keeps a VM from each host',
  'template.read': 'see templates of VMs, without what their guests are told, and use them',
  'template.write': 'make, change and delete templates of VMs, and see all of them',
  'rule.read': 'see placement rules',
  'rule.write': 'make, change and drop placement rules',
  'rebalance.read': 'see which moves would even out the load',
  'rebalance.apply': 'carry out the moves that even out the load',
  'settings.read': 'see how the scheduler decides',
  'settings.write': 'change how the scheduler decides',
  'incident.read': 'see incidents',
  'incident.resume': 'release the brake for a host that an incident holds',
  'operation.read': 'see operations and follow them',
  'event.read': 'follow events, and see those of the past',
  'webhook.read': 'see webhooks and what is on its way to them',
  'webhook.write': 'make webhooks, which send events elsewhere, try them, and delete them',
  'usage.read': 'see what VMs have taken up',
  'user.read': 'see users, groups, service accounts and their sessions',
  'user.write': 'create, change and delete users, groups and service accounts, and end their sessions',
  'role.read': 'see roles and who holds them',
  'role.write': 'make own roles, grant and revoke roles that hold no more than one holds oneself',
  'project.read': 'see a project and its members',
  'project.write': 'create, change and delete projects',
  'audit.read': 'read and verify the audit log',
} as const;

export type Permission = keyof typeof permissionTexts;
export const permissions = Object.keys(permissionTexts) as Permission[];

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(permissionTexts, text);
}

/** A role that is always there. One of a project can be granted on a project only. */
interface BuiltInRole {
  of: 'cluster' | 'project';
  means: string;
  permissions: readonly Permission[];
}

const reading = permissions.filter((permission) => permission.endsWith('.read'));
/** What operators do without: who may do what, and what is for the whole cluster or leaves it. */
const adminOnly: readonly Permission[] = [
  'user.read', 'user.write', 'role.read', 'role.write', 'audit.read',
  'settings.write', 'project.write', 'webhook.write',
];
const viewing: readonly Permission[] = [
  'vm.read', 'schedule.read', 'volume.read', 'operation.read', 'event.read', 'usage.read', 'project.read',
  'template.read', 'image.read', 'network.read',
];
const editing: readonly Permission[] = [
  ...viewing,
  'schedule.write',
  'vm.console',
  'vm.create',
  'vm.clone',
  'vm.power',
  'vm.configure',
  'vm.delete',
];

export const builtInRoles = {
  admin: { of: 'cluster', means: 'everything', permissions },
  operator: {
    of: 'cluster',
    means: 'runs hosts and VMs; not who may do what, not the settings, the webhooks or the audit log',
    permissions: permissions.filter((permission) => !adminOnly.includes(permission)),
  },
  auditor: { of: 'cluster', means: 'sees everything but consoles, changes nothing', permissions: reading },
  owner: {
    of: 'project',
    means: 'everything in a project, its members too',
    permissions: [...editing, 'role.read', 'role.write'],
  },
  editor: { of: 'project', means: 'works with the VMs of a project', permissions: editing },
  viewer: { of: 'project', means: 'sees the VMs of a project', permissions: viewing },
} as const satisfies Record<string, BuiltInRole>;

export type BuiltInRoleName = keyof typeof builtInRoles;

export function isBuiltInRole(name: string): name is BuiltInRoleName {
  return Object.hasOwn(builtInRoles, name);
}

/**
 * What a route asks: a permission in the whole cluster; in the project of what it names, or in any project where it
 * lists or creates; that somebody is signed in; or nothing.
 */
export type Access =
  | { scope: 'cluster' | 'project'; permission: Permission }
  | { scope: 'self' }
  | { scope: 'anyone' };

const cluster = (permission: Permission): Access => ({ scope: 'cluster', permission });
const project = (permission: Permission): Access => ({ scope: 'project', permission });
const self: Access = { scope: 'self' };
const anyone: Access = { scope: 'anyone' };

/** Every route by `METHOD /path/:param`, as the application has it. What is not here is refused to everyone. */
export const routeAccess: Readonly<Record<string, Access>> = {
  'GET /health/live': anyone,
  'GET /health/ready': anyone,
  'GET /metrics': anyone,
  'GET /api/v1/status': cluster('status.read'),
  'GET /api/v1/capacity': cluster('status.read'),
  'GET /api/v1/prometheus/hosts': cluster('host.read'),
  'GET /api/v1/prometheus/guests': project('vm.read'),
  'GET /api/v1/cluster/armed': cluster('status.read'),
  'PUT /api/v1/cluster/armed': cluster('ha.arm'),
  'GET /api/v1/hosts': cluster('host.read'),
  'GET /api/v1/hosts/:host': cluster('host.read'),
  'GET /api/v1/hosts/:host/loads': cluster('host.read'),
  'GET /api/v1/hosts/:host/drain-plan': cluster('host.read'),
  'POST /api/v1/hosts/:host/labels': cluster('host.label'),
  'POST /api/v1/hosts/:host/maintenance': cluster('host.maintain'),
  'POST /api/v1/hosts/:host/clear': cluster('host.maintain'),
  'POST /api/v1/hosts/:host/wake': cluster('host.maintain'),
  'POST /api/v1/hosts/:host/fence': cluster('host.fence'),
  'POST /api/v1/hosts/:host/confirm-dead': cluster('host.fence'),
  'GET /api/v1/drills': cluster('host.read'),
  'GET /api/v1/drills/:host': cluster('host.read'),
  'POST /api/v1/drills/:host': cluster('host.drill'),
  'GET /api/v1/vms': project('vm.read'),
  'GET /api/v1/vms/:vm': project('vm.read'),
  'GET /api/v1/vms/:vm/loads': project('vm.read'),
  'GET /api/v1/vms/:vm/events': project('vm.read'),
  'GET /api/v1/vms/:vm/console': project('vm.console'),
  'GET /api/v1/vms/:vm/screenshot': project('vm.console'),
  'POST /api/v1/vms': project('vm.create'),
  'DELETE /api/v1/vms/:vm': project('vm.delete'),
  'POST /api/v1/vms/:vm/clone': project('vm.clone'),
  'POST /api/v1/vms/bulk': project('vm.power'),
  'POST /api/v1/vms/:vm/start': project('vm.power'),
  'POST /api/v1/vms/:vm/stop': project('vm.power'),
  'POST /api/v1/vms/:vm/reboot': project('vm.power'),
  'POST /api/v1/vms/:vm/reset': project('vm.power'),
  'POST /api/v1/vms/:vm/pause': project('vm.power'),
  'POST /api/v1/vms/:vm/resume': project('vm.power'),
  'POST /api/v1/vms/:vm/suspend': project('vm.power'),
  'POST /api/v1/vms/:vm/migrate': cluster('vm.move'),
  'POST /api/v1/vms/:vm/relocate': cluster('vm.move'),
  'POST /api/v1/vms/:vm/resize': project('vm.configure'),
  'POST /api/v1/vms/:vm/rename': project('vm.configure'),
  'POST /api/v1/vms/:vm/disks': project('vm.configure'),
  'DELETE /api/v1/vms/:vm/disks/:volume': project('vm.configure'),
  'POST /api/v1/vms/:vm/policy': project('vm.configure'),
  'POST /api/v1/vms/:vm/nics': project('vm.configure'),
  'DELETE /api/v1/vms/:vm/nics/:nic': project('vm.configure'),
  'PUT /api/v1/vms/:vm/boot': project('vm.configure'),
  'PUT /api/v1/vms/:vm/cdrom': project('vm.configure'),
  'POST /api/v1/vms/:vm/describe': project('vm.configure'),
  'GET /api/v1/schedules': project('schedule.read'),
  'POST /api/v1/schedules': project('schedule.write'),
  'GET /api/v1/schedules/:schedule': project('schedule.read'),
  'DELETE /api/v1/schedules/:schedule': project('schedule.write'),
  'GET /api/v1/templates': project('template.read'),
  'POST /api/v1/templates': cluster('template.write'),
  'GET /api/v1/templates/:template': project('template.read'),
  'PUT /api/v1/templates/:template': cluster('template.write'),
  'DELETE /api/v1/templates/:template': cluster('template.write'),
  'GET /api/v1/volumes': project('volume.read'),
  'GET /api/v1/networks': project('network.read'),
  'POST /api/v1/networks': cluster('network.write'),
  'GET /api/v1/networks/:network': project('network.read'),
  'PUT /api/v1/networks/:network': cluster('network.write'),
  'DELETE /api/v1/networks/:network': cluster('network.write'),
  'GET /api/v1/images': project('image.read'),
  'GET /api/v1/place/explain': cluster('place.read'),
  'GET /api/v1/rules': cluster('rule.read'),
  'GET /api/v1/rules/:rule': cluster('rule.read'),
  'PUT /api/v1/rules/:rule': cluster('rule.write'),
  'DELETE /api/v1/rules/:rule': cluster('rule.write'),
  'GET /api/v1/rebalance': cluster('rebalance.read'),
  'POST /api/v1/rebalance/apply': cluster('rebalance.apply'),
  'GET /api/v1/settings': cluster('settings.read'),
  'PUT /api/v1/settings': cluster('settings.write'),
  'GET /api/v1/incidents': cluster('incident.read'),
  'GET /api/v1/incidents/:id': cluster('incident.read'),
  'POST /api/v1/incidents/:id/resume': cluster('incident.resume'),
  'GET /api/v1/operations': project('operation.read'),
  'GET /api/v1/operations/:id': project('operation.read'),
  'POST /api/v1/operations/:id/cancel': project('vm.power'),
  'GET /api/v1/events': project('event.read'),
  'GET /api/v1/history': project('event.read'),
  'GET /api/v1/usage': project('usage.read'),
  'GET /api/v1/usage/projects': project('usage.read'),
  'GET /api/v1/webhooks': cluster('webhook.read'),
  'POST /api/v1/webhooks': cluster('webhook.write'),
  'GET /api/v1/webhooks/:webhook': cluster('webhook.read'),
  'DELETE /api/v1/webhooks/:webhook': cluster('webhook.write'),
  'GET /api/v1/webhooks/:webhook/deliveries': cluster('webhook.read'),
  'POST /api/v1/webhooks/:webhook/test': cluster('webhook.write'),
  'POST /api/v1/webhooks/:webhook/redeliver': cluster('webhook.write'),
  'GET /api/v1/openapi.json': self,
  'GET /api/v1/asyncapi.json': self,
  'GET /api/v1/whoami': self,
  'POST /api/v1/login': anyone,
  'POST /api/v1/oidc/begin': anyone,
  'POST /api/v1/oidc/finish': anyone,
  'POST /api/v1/setup': anyone,
  'POST /api/v1/setup-code': cluster('user.write'),
  'POST /api/v1/logout': self,
  'PUT /api/v1/password': self,
  'GET /api/v1/sessions': self,
  'DELETE /api/v1/sessions/:id': self,
  'GET /api/v1/tokens': self,
  'POST /api/v1/tokens': self,
  'DELETE /api/v1/tokens/:id': self,
  'GET /api/v1/users': cluster('user.read'),
  'POST /api/v1/users': cluster('user.write'),
  'GET /api/v1/users/:user': cluster('user.read'),
  'DELETE /api/v1/users/:user': cluster('user.write'),
  'PUT /api/v1/users/:user/oidc': cluster('user.write'),
  'PUT /api/v1/users/:user/password': cluster('user.write'),
  'DELETE /api/v1/users/:user/lock': cluster('user.write'),
  'GET /api/v1/users/:user/sessions': cluster('user.read'),
  'DELETE /api/v1/users/:user/sessions': cluster('user.write'),
  'GET /api/v1/users/:user/tokens': cluster('user.read'),
  'POST /api/v1/users/:user/tokens': cluster('user.write'),
  'DELETE /api/v1/users/:user/tokens/:id': cluster('user.write'),
  'GET /api/v1/groups': cluster('user.read'),
  'PUT /api/v1/groups/:group': cluster('user.write'),
  'DELETE /api/v1/groups/:group': cluster('user.write'),
  'GET /api/v1/roles': cluster('role.read'),
  'PUT /api/v1/roles/:role': cluster('role.write'),
  'DELETE /api/v1/roles/:role': cluster('role.write'),
  'GET /api/v1/grants': project('role.read'),
  'POST /api/v1/grants': project('role.write'),
  'DELETE /api/v1/grants/:id': project('role.write'),
  'GET /api/v1/audit': cluster('audit.read'),
  'GET /api/v1/audit/verify': cluster('audit.read'),
  'GET /api/v1/projects': project('project.read'),
  'POST /api/v1/projects': cluster('project.write'),
  'DELETE /api/v1/projects/:project': cluster('project.write'),
  'GET /api/v1/projects/:project/quota': project('project.read'),
  'PUT /api/v1/projects/:project/quota': cluster('project.write'),
};

/** What a route asks; null: it has no entry. A HEAD is answered by the route of its GET. */
export function accessOf(method: string, path: string): Access | null {
  const key = `${method === 'HEAD' ? 'GET' : method} ${path}`;
  return Object.hasOwn(routeAccess, key) ? (routeAccess[key] ?? null) : null;
}
