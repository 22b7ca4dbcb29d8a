import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req } from '@nestjs/common';
import type { GrantView, GroupView, Page, ProjectView, Removed, RoleView } from '@holdfast/client';
import { defaultProject, nameSchema, projectOf } from '@holdfast/contracts';
import type { Request } from 'express';
import type { EntityManager } from 'typeorm';
import { ClusterView } from '../cluster-view.js';
import { editOf, requireVersion, versionOfContent } from '../http/edit.js';
import { listOf, type Listing } from '../http/list.js';
import { parsed } from '../http/parse.js';
import { Problem } from '../http/problem.js';
import {
  accountNamed,
  deleted,
  inserted,
  noSuch,
  requireAllOf,
  requireNameOf,
  roleNamed,
  rolesOfGrants,
  rolesOfGroup,
  type Grant,
} from './accounts.js';
import { Directory } from './directory.js';
import { grantSchema, groupSchema, newProjectSchema, ownRoleSchema } from './identity-requests.js';
import { builtInRoles, isBuiltInRole, isPermission, type Permission } from './permissions.js';
import { projectsFor } from './principal.js';
import { requireId, signedIn } from './session.controllers.js';

const maxRows = 10_000;

function byName<T extends { name: string }>(): Listing<T, T> {
  return { key: ({ name }) => name, columns: { name: { type: 'text', of: ({ name }) => name } }, view: (item) => item };
}

const grantList: Listing<Grant, GrantView> = {
  key: ({ id }) => id,
  columns: {
    role: { type: 'text', of: ({ role }) => role },
    user: { type: 'text', of: ({ user }) => user },
    group: { type: 'text', of: ({ group }) => group },
    project: { type: 'text', of: ({ project }) => project },
  },
  view: (grant) => grant,
};

function requireName(name: string, field: string): void {
  if (nameSchema.safeParse(name).success) return;
  throw new Problem('invalid', `${field}: ${JSON.stringify(name.slice(0, 100))} is not a name`, {
    field,
    remedy: 'choose a name of 1 to 40 lower-case letters, digits and dashes that starts with a letter',
  });
}

function mayIn(request: Request, permission: Permission, project: string | null): boolean {
  const where = projectsFor(signedIn(request), permission);
  return where === 'all' || (project !== null && where.has(project));
}

type OwnRole = Pick<RoleView, 'name' | 'means' | 'permissions'>;

const ownRoles = (manager: EntityManager): Promise<OwnRole[]> =>
  manager.query('SELECT name, means, permissions FROM own_roles ORDER BY name LIMIT $1', [maxRows]);

/** Held until the end of the change. */
async function ownRole(manager: EntityManager, name: string): Promise<OwnRole | null> {
  const sql = 'SELECT name, means, permissions FROM own_roles WHERE name = $1 FOR UPDATE';
  return (await manager.query<OwnRole[]>(sql, [name]))[0] ?? null;
}

const versioned = <View extends object>(view: View): View & { version: string } =>
  ({ ...view, version: versionOfContent(view) });

const roleView = ({ name, means, permissions }: OwnRole): RoleView =>
  versioned({ name, of: 'any', own: true, means, permissions });

const groupView = (name: string, members: readonly string[]): GroupView =>
  versioned({ name, members: [...members].sort() });

@Controller('api/v1/roles')
export class RolesController {
  constructor(@Inject(Directory) private readonly directory: Directory) {}

  @Get()
  async list(@Query() query: unknown): Promise<Page<RoleView>> {
    const builtIn = Object.entries(builtInRoles).map(([name, { of, means, permissions }]): RoleView => {
      return versioned({ name, of, own: false, means, permissions: [...permissions] });
    });
    const own = (await this.directory.read(ownRoles)).map((role) => roleView(role));
    return listOf(byName<RoleView>(), [...builtIn, ...own], query);
  }

  /** Makes it, or replaces the one of that name: of permissions that one holds oneself, before and after. */
  @Put(':role')
  @HttpCode(200)
  async put(@Param('role') name: string, @Body() body: unknown, @Req() request: Request): Promise<RoleView> {
    requireName(name, 'role');
    if (isBuiltInRole(name)) throw new Problem('conflict', `${name} is built in and stays as it is`, { field: 'role' });
    const { means, permissions } = parsed(ownRoleSchema, body ?? {});
    const edit = editOf(request);
    await this.directory.change(async (manager) => {
      const known = await ownRole(manager, name);
      const before = known?.permissions.filter(isPermission) ?? [];
      requireAllOf(signedIn(request), [{ role: name, project: null, permissions: [...before, ...permissions] }]);
      requireVersion(edit, known && roleView(known).version);
      if (edit.dryRun) return;
      await manager.query(
        `INSERT INTO own_roles (name, means, permissions, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET means = $2, permissions = $3`,
        [name, means, permissions, this.directory.now()],
      );
    });
    return roleView({ name, means, permissions });
  }

  /** Whoever holds it, no longer does. */
  @Delete(':role')
  async delete(@Param('role') name: string, @Req() request: Request): Promise<Removed> {
    if (isBuiltInRole(name)) throw new Problem('conflict', `${name} is built in and stays`, { field: 'role' });
    const edit = editOf(request);
    await this.directory.change(async (manager) => {
      requireAllOf(signedIn(request), [await roleNamed(manager, name, null)]);
      const known = await ownRole(manager, name);
      requireVersion(edit, known && roleView(known).version);
      if (edit.dryRun) return;
      await manager.query('DELETE FROM role_grants WHERE role = $1', [name]);
      await manager.query('DELETE FROM own_roles WHERE name = $1', [name]);
    });
    return { removed: name };
  }
}

const grants = (manager: EntityManager): Promise<Grant[]> =>
  manager.query<Grant[]>(
    `SELECT g.id, g.role, a.name AS user, g.group_name AS "group", g.project
     FROM role_grants g LEFT JOIN accounts a ON a.id = g.account_id ORDER BY g.id LIMIT $1`,
    [maxRows],
  );

/** Who holds which role. Somebody who may do so in a project only, sees and grants only there. */
@Controller('api/v1/grants')
export class GrantsController {
  constructor(@Inject(Directory) private readonly directory: Directory) {}

  @Get()
  async list(@Query() query: unknown, @Req() request: Request): Promise<Page<GrantView>> {
    const all = await this.directory.read(grants);
    return listOf(grantList, all.filter(({ project }) => mayIn(request, 'role.read', project)), query);
  }

  @Post()
  @HttpCode(201)
  async grant(@Body() body: unknown, @Req() request: Request): Promise<GrantView> {
    const { role, user, group, project } = parsed(grantSchema, body ?? {});
    if ((user === null) === (group === null)) {
      throw new Problem('invalid', 'user: name a user or a group', { field: 'user', remedy: 'give one of the two' });
    }
    if (!mayIn(request, 'role.write', project)) {
      if (project !== null) throw noSuch('project', project);
      throw new Problem('forbidden', 'this needs the permission role.write in the whole cluster', {
        remedy: 'name a project of yours, or ask an admin',
      });
    }
    const id = randomUUID();
    await this.directory.change(async (manager) => {
      if (project !== null) await requireRow(manager, 'projects', 'project', project);
      requireAllOf(signedIn(request), [await roleNamed(manager, role, project)]);
      if (group !== null) await requireRow(manager, 'account_groups', 'group', group);
      const accountId = user === null ? null : (await accountNamed(manager, user)).id;
      await inserted(
        manager,
        `that grant of ${role}`,
        `INSERT INTO role_grants (id, role, account_id, group_name, project, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [id, role, accountId, group, project, this.directory.now()],
      );
    });
    return { id, role, user, group, project };
  }

  @Delete(':id')
  async revoke(@Param('id') id: string, @Req() request: Request): Promise<Removed> {
    requireId(id);
    await this.directory.change(async (manager) => {
      const [found] = await manager.query<{ project: string | null }[]>(
        'SELECT project FROM role_grants WHERE id = $1',
        [id],
      );
      // What one may not see is not there.
      if (!found || !mayIn(request, 'role.write', found.project)) throw noSuch('grant', id);
      requireAllOf(signedIn(request), await rolesOfGrants(manager, 'id', id));
      await manager.query('DELETE FROM role_grants WHERE id = $1', [id]);
    });
    return { removed: id };
  }
}

async function requireRow(
  manager: EntityManager,
  table: 'projects' | 'account_groups',
  noun: string,
  name: string,
): Promise<void> {
  const rows = await manager.query<unknown[]>(`SELECT 1 FROM ${table} WHERE name = $1`, [name]);
  if (rows.length === 0) throw noSuch(noun, name);
}

/** Its members in order; held until the end of the change. Null: there is no such group. */
async function heldGroup(manager: EntityManager, name: string): Promise<string[] | null> {
  const rows = await manager.query<unknown[]>('SELECT 1 FROM account_groups WHERE name = $1 FOR UPDATE', [name]);
  if (rows.length === 0) return null;
  const members = await manager.query<{ name: string }[]>(
    `SELECT a.name FROM group_members m JOIN accounts a ON a.id = m.account_id WHERE m.group_name = $1
     ORDER BY a.name`, [name]);
  return members.map((member) => member.name);
}

@Controller('api/v1/groups')
export class GroupsController {
  constructor(@Inject(Directory) private readonly directory: Directory) {}

  @Get()
  async list(@Query() query: unknown): Promise<Page<GroupView>> {
    const groups = await this.directory.read((manager) =>
      manager.query<Omit<GroupView, 'version'>[]>(
        `SELECT g.name, coalesce(array_agg(a.name ORDER BY a.name) FILTER (WHERE a.name IS NOT NULL), '{}') AS members
         FROM account_groups g LEFT JOIN group_members m ON m.group_name = g.name
           LEFT JOIN accounts a ON a.id = m.account_id
         GROUP BY g.name ORDER BY g.name LIMIT $1`,
        [maxRows],
      ),
    );
    return listOf(byName<GroupView>(), groups.map(({ name, members }) => groupView(name, members)), query);
  }

  /** Makes it, or gives the one of that name these members. */
  @Put(':group')
  @HttpCode(200)
  async put(@Param('group') name: string, @Body() body: unknown, @Req() request: Request): Promise<GroupView> {
    requireName(name, 'group');
    const members = [...new Set(parsed(groupSchema, body ?? {}).members)].sort();
    const edit = editOf(request);
    await this.directory.change(async (manager) => {
      const sql = 'INSERT INTO account_groups (name, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING name';
      const made = edit.dryRun ? [] : await manager.query<unknown[]>(sql, [name, this.directory.now()]);
      // Held until the end, so that nobody grants the group more meanwhile.
      const held = await heldGroup(manager, name);
      requireAllOf(signedIn(request), await rolesOfGroup(manager, name));
      const isKnown = held !== null && made.length === 0;
      requireVersion(edit, isKnown ? groupView(name, held).version : null);
      const ids: string[] = [];
      for (const member of members) ids.push((await accountNamed(manager, member)).id);
      if (edit.dryRun) return;
      await manager.query('DELETE FROM group_members WHERE group_name = $1', [name]);
      const add = 'INSERT INTO group_members (group_name, account_id) SELECT $1, unnest($2::uuid[])';
      await manager.query(add, [name, ids]);
    });
    return groupView(name, members);
  }

  @Delete(':group')
  async delete(@Param('group') name: string, @Req() request: Request): Promise<Removed> {
    requireNameOf('group', name);
    const edit = editOf(request);
    await this.directory.change(async (manager) => {
      requireAllOf(signedIn(request), await rolesOfGroup(manager, name));
      const known = await heldGroup(manager, name);
      if (known) requireVersion(edit, groupView(name, known).version);
      if (known && edit.dryRun) return;
      if (!(await deleted(manager, 'DELETE FROM account_groups WHERE name = $1', [name]))) throw noSuch('group', name);
    });
    return { removed: name };
  }
}

@Controller('api/v1/projects')
export class ProjectsController {
  constructor(
    @Inject(Directory) private readonly directory: Directory,
    @Inject(ClusterView) private readonly view: ClusterView,
  ) {}

  @Get()
  async list(@Query() query: unknown, @Req() request: Request): Promise<Page<ProjectView>> {
    const all = await this.directory.read((manager) =>
      manager.query<ProjectView[]>('SELECT name, description FROM projects ORDER BY name LIMIT $1', [maxRows]),
    );
    return listOf(byName<ProjectView>(), all.filter(({ name }) => mayIn(request, 'project.read', name)), query);
  }

  @Post()
  @HttpCode(201)
  async create(@Body() body: unknown): Promise<ProjectView> {
    const { name, description } = parsed(newProjectSchema, body ?? {});
    const sql = 'INSERT INTO projects (name, description, created_at) VALUES ($1, $2, $3)';
    await this.directory.change((manager) =>
      inserted(manager, `a project ${name}`, sql, [name, description, this.directory.now()]),
    );
    return { name, description };
  }

  /** What was granted on it goes with it; VMs have to be gone before. */
  @Delete(':project')
  async delete(@Param('project') name: string, @Req() request: Request): Promise<Removed> {
    requireNameOf('project', name);
    if (name === defaultProject) {
      throw new Problem('conflict', `${name} is the cluster's own and stays`, { field: 'project' });
    }
    const vms = this.view.presentVms().filter((vm) => projectOf(vm) === name).map((vm) => vm.name);
    if (vms.length > 0) {
      const remedy = `delete ${vms.slice(0, 5).join(', ')}${vms.length > 5 ? ` and ${vms.length - 5} more` : ''} first`;
      throw new Problem('conflict', `${name} has VMs`, { field: 'project', remedy });
    }
    const networks = this.view.presentNetworks().filter(({ project }) => project === name);
    if (networks.length > 0) {
      const names = networks.slice(0, 5).map((network) => network.name).join(', ');
      const remedy = `give them to another project, or delete their records first: ${names}`;
      throw new Problem('conflict', `${name} has networks`, { field: 'project', remedy });
    }
    await this.directory.change(async (manager) => {
      // Held until the end, so that nobody grants more on it meanwhile.
      await manager.query('SELECT 1 FROM projects WHERE name = $1 FOR UPDATE', [name]);
      requireAllOf(signedIn(request), await rolesOfGrants(manager, 'project', name));
      if (!(await deleted(manager, 'DELETE FROM projects WHERE name = $1', [name]))) throw noSuch('project', name);
    });
    return { removed: name };
  }
}
