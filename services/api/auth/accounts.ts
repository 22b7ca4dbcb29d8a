import { randomUUID } from 'node:crypto';
import { nameSchema } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import { isPermission, type Permission } from './permissions.js';
import { heldBuiltIn, type HeldRole, type Principal } from './principal.js';

/** A person, or a program that has tokens and no password. */
export interface Account {
  id: string;
  kind: 'user' | 'service';
  name: string;
  createdAt: Date;
}

const maxAccounts = 10_000;
const columns = `id, kind, name, created_at AS "createdAt"`;

/** SQLSTATE of a row that is there already. */
function isDuplicate(error: unknown): boolean {
  return (error as { driverError?: { code?: string } }).driverError?.code === '23505';
}

/** Runs an insert; a row that is there already becomes the problem `exists`. */
export async function inserted(manager: EntityManager, what: string, sql: string, values: unknown[]): Promise<void> {
  try {
    await manager.query(sql, values);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new Problem('exists', `there is ${what} already`, { field: 'name' }, { cause: error });
  }
}

/** Deletes by `sql`, which must return what it deleted; says whether there was anything. */
export async function deleted(manager: EntityManager, sql: string, values: unknown[]): Promise<boolean> {
  const rows = await manager.query<unknown[]>(`WITH gone AS (${sql} RETURNING 1) SELECT 1 FROM gone`, values);
  return rows.length > 0;
}

export function noSuch(noun: string, name: string): Problem {
  return new Problem('not-found', `there is no ${noun} ${JSON.stringify(name.slice(0, 100))}`);
}

export async function accounts(manager: EntityManager): Promise<Account[]> {
  return await manager.query<Account[]>(`SELECT ${columns} FROM accounts ORDER BY name LIMIT $1`, [maxAccounts]);
}

/** Refuses, as unknown, what cannot be the name of anything, before the database is asked about it. */
export function requireNameOf(noun: string, name: string): void {
  if (!nameSchema.safeParse(name).success) throw noSuch(noun, name);
}

/** By name. Throws `not-found`. */
export async function accountNamed(manager: EntityManager, name: string): Promise<Account> {
  requireNameOf('user', name);
  const [found] = await manager.query<Account[]>(`SELECT ${columns} FROM accounts WHERE name = $1`, [name]);
  if (!found) throw noSuch('user', name);
  return found;
}

/** Throws `not-found`. It stays until the end of the transaction. */
export async function accountById(manager: EntityManager, id: string): Promise<Account> {
  const [found] = await manager.query<Account[]>(`SELECT ${columns} FROM accounts WHERE id = $1 FOR KEY SHARE`, [id]);
  if (!found) throw noSuch('user', id);
  return found;
}

export async function passwordHashOf(
  manager: EntityManager,
  name: string,
): Promise<(Account & { hash: string }) | null> {
  if (!nameSchema.safeParse(name).success) return null;
  const [found] = await manager.query<(Account & { hash: string | null })[]>(
    `SELECT ${columns}, password_hash AS hash FROM accounts WHERE name = $1`,
    [name],
  );
  return found && found.hash !== null ? { ...found, hash: found.hash } : null;
}

export async function addAccount(
  manager: EntityManager,
  account: { kind: 'user' | 'service'; name: string; passwordHash: string | null },
  now: Date,
): Promise<Account> {
  const [count] = await manager.query<{ count: string }[]>('SELECT count(*) FROM accounts');
  if (Number(count?.count) >= maxAccounts) throw new Problem('conflict', `there are ${maxAccounts} users already`);
  const id = randomUUID();
  const { kind, name, passwordHash } = account;
  await inserted(
    manager,
    `a user ${name}`,
    'INSERT INTO accounts (id, kind, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)',
    [id, kind, name, passwordHash, now],
  );
  return { id, kind, name, createdAt: now };
}

/** A role as it was granted: to a user or to a group, in the cluster or in a project. */
export interface Grant {
  id: string;
  role: string;
  user: string | null;
  group: string | null;
  project: string | null;
}

interface GrantedRole {
  role: string;
  project: string | null;
  /** Of an own role; null for a built-in one. */
  permissions: string[] | null;
}

function held({ role, project, permissions }: GrantedRole): HeldRole[] {
  if (permissions) return [{ role, project, permissions: permissions.filter(isPermission) }];
  const builtIn = heldBuiltIn(role, project);
  return builtIn ? [builtIn] : [];
}

/** All that an account holds, by itself and through its groups. */
export async function rolesOf(manager: EntityManager, accountId: string): Promise<HeldRole[]> {
  const rows = await manager.query<GrantedRole[]>(
    `SELECT DISTINCT g.role, g.project, r.permissions FROM role_grants g LEFT JOIN own_roles r ON r.name = g.role
     WHERE g.account_id = $1
       OR g.group_name IN (SELECT group_name FROM group_members WHERE account_id = $1)
     ORDER BY g.role, g.project`,
    [accountId],
  );
  return rows.flatMap(held);
}

export async function rolesOfGroup(manager: EntityManager, group: string): Promise<HeldRole[]> {
  const rows = await manager.query<GrantedRole[]>(
    `SELECT g.role, g.project, r.permissions FROM role_grants g LEFT JOIN own_roles r ON r.name = g.role
     WHERE g.group_name = $1`,
    [group],
  );
  return rows.flatMap(held);
}

/** What was granted in a project, or by one grant; an own role that is gone permits nothing. */
export async function rolesOfGrants(
  manager: EntityManager, by: 'id' | 'project', value: string,
): Promise<HeldRole[]> {
  const rows = await manager.query<GrantedRole[]>(
    `SELECT g.role, g.project, r.permissions FROM role_grants g LEFT JOIN own_roles r ON r.name = g.role
     WHERE g.${by} = $1`,
    [value],
  );
  return rows.flatMap(held);
}

/**
 * A role by its name, as it would be held there; an own one stays until the transaction ends. Throws `not-found`,
 * or `invalid` where it cannot be held.
 */
export async function roleNamed(manager: EntityManager, role: string, project: string | null): Promise<HeldRole> {
  requireNameOf('role', role);
  const builtIn = heldBuiltIn(role, project);
  if (builtIn) return builtIn;
  if (heldBuiltIn(role, 'any')) {
    const remedy = 'name a project';
    throw new Problem('invalid', `project: ${role} is held in a project`, { field: 'project', remedy });
  }
  const [own] = await manager.query<{ permissions: string[] }[]>(
    'SELECT permissions FROM own_roles WHERE name = $1 FOR UPDATE', [role]);
  if (!own) throw noSuch('role', role);
  return { role, project, permissions: own.permissions.filter(isPermission) };
}

/**
 * Refuses whoever would give, or take over, more than they have themselves: all that somebody hands out or gains by
 * a password, a token, a role or a group must be theirs.
 */
export function requireAllOf(principal: Principal, roles: readonly HeldRole[]): void {
  const has = (permission: Permission, project: string | null): boolean =>
    (principal.scope === null || principal.scope.includes(permission)) &&
    principal.roles.some(
      (role) => role.permissions.includes(permission) && (role.project === null || role.project === project),
    );
  for (const { role, project, permissions } of roles) {
    const missing = permissions.find((permission) => !has(permission, project));
    if (missing === undefined) continue;
    throw new Problem('forbidden', `this is about the role ${role}, which permits ${missing}; you may not do that`, {
      remedy: 'ask somebody who holds all that this role permits',
    });
  }
}
