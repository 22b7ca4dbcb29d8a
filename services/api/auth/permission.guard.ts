import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '../http/problem.js';
import { accessOf, builtInRoles, type Access } from './permissions.js';
import { isOpenTo, principalOf } from './principal.js';

/** Says what is missing and who can give it; nothing of what there is. */
export function forbidden(access: Access & { scope: 'cluster' | 'project' }): Problem {
  const { permission, scope } = access;
  const roles = Object.entries(builtInRoles)
    .filter(([, role]) => scope === 'project' || role.of === 'cluster')
    .filter(([, role]) => role.permissions.some((each) => each === permission))
    .map(([name]) => name);
  const granters = scope === 'project' ? 'an admin, or an owner of the project,' : 'an admin';
  return new Problem('forbidden', `this needs the permission ${permission}`, {
    remedy: `ask ${granters} for a role that has it (${roles.join(', ')}), or use a token whose scope has it`,
  });
}

/** Asks the permission table about every request. A route that has no entry there is refused. */
export class PermissionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const route = request.route as { path: string } | undefined;
    const access = accessOf(request.method, route?.path ?? '');
    if (!access) {
      throw new Problem('forbidden', 'nobody may use this route: no permission is laid down for it', {
        remedy: 'report it: the route is missing in the permission table',
      });
    }
    if (isOpenTo(access, principalOf(request))) return true;
    // Without a principal only open routes are reached, and those are open.
    if (access.scope === 'cluster' || access.scope === 'project') throw forbidden(access);
    throw new Problem('unauthorized', 'nobody is signed in');
  }
}
