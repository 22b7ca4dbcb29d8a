import type { Request } from 'express';
import { builtInRoles, isBuiltInRole, permissions, type Access, type Permission } from './permissions.js';

/** A role as someone holds it: what it permits, and where. */
export interface HeldRole {
  role: string;
  /** Null: in the whole cluster. */
  project: string | null;
  permissions: readonly Permission[];
}

/** Who asks. */
export interface Principal {
  /** `local` is whoever can read the token file on the machine of the API. */
  kind: 'user' | 'service' | 'local';
  id: string;
  name: string;
  roles: readonly HeldRole[];
  /** Of a token that may do less than its owner; null: all that the roles permit. */
  scope: readonly Permission[] | null;
}

export const localPrincipal: Principal = {
  kind: 'local',
  id: 'local',
  name: 'local',
  roles: [{ role: 'admin', project: null, permissions }],
  scope: null,
};

const principals = new WeakMap<Request, Principal>();

export function setPrincipal(request: Request, principal: Principal): void {
  principals.set(request, principal);
}

/** Who sent the request; null only on routes that are open to anyone. */
export function principalOf(request: Request): Principal | null {
  return principals.get(request) ?? null;
}

/** For records and logs: who asked, in a few words. */
export function whoAsked(request: Request): string {
  const principal = principalOf(request);
  if (!principal || principal.kind === 'local') return 'the holder of the API token';
  return `${principal.kind} ${principal.name}`;
}

function inScope({ scope }: Principal, permission: Permission): boolean {
  return scope === null || scope.includes(permission);
}

/** Where somebody may do this: everywhere, or in these projects. */
export function projectsFor(principal: Principal, permission: Permission): 'all' | ReadonlySet<string> {
  if (!inScope(principal, permission)) return new Set();
  const held = principal.roles.filter((role) => role.permissions.includes(permission));
  if (held.some(({ project }) => project === null)) return 'all';
  return new Set(held.flatMap(({ project }) => (project === null ? [] : [project])));
}

/** Whether a route is open to somebody at all; which things it then shows is for `projectsFor` to say. */
export function isOpenTo(access: Access, principal: Principal | null): boolean {
  if (access.scope === 'anyone') return true;
  if (principal === null) return false;
  if (access.scope === 'self') return true;
  const where = projectsFor(principal, access.permission);
  return where === 'all' || (access.scope === 'project' && where.size > 0);
}

/** All that somebody may do in the whole cluster. */
export function clusterPermissions(principal: Principal): Permission[] {
  return permissions.filter((permission) => projectsFor(principal, permission) === 'all');
}

/** A built-in role as it is held; null when there is none of that name, or it cannot be held there. */
export function heldBuiltIn(role: string, project: string | null): HeldRole | null {
  if (!isBuiltInRole(role)) return null;
  const { of, permissions: permitted } = builtInRoles[role];
  if (of === 'project' && project === null) return null;
  return { role, project, permissions: permitted };
}
