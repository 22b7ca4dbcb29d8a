import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WhoamiView } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller } from '../testing/call.js';
import { startFakeCluster, type FakeCluster } from '../testing/fake-cluster.js';
import { routesOf } from '../testing/routes.js';
import { Identity } from './identity.js';
import { PermissionGuard } from './permission.guard.js';
import { permissionsPage } from './permissions-page.js';
import { builtInRoles, permissions, routeAccess, type BuiltInRoleName } from './permissions.js';
import { heldBuiltIn, type Principal } from './principal.js';

let cluster: FakeCluster;
const roleNames = Object.keys(builtInRoles) as BuiltInRoleName[];
const tokenOf = (role: string): string => `token-of-${role}`;

/** Each role is held by someone; a project's role on the project `shop`. */
function holderOf(token: string): Principal | null {
  const role = roleNames.find((name) => tokenOf(name) === token);
  const held = role && heldBuiltIn(role, builtInRoles[role].of === 'project' ? 'shop' : null);
  if (held) return { kind: 'user', id: held.role, name: held.role, roles: [held], scope: null };
  if (token === tokenOf('nobody')) return { kind: 'user', id: 'n', name: 'nobody', roles: [], scope: null };
  if (token !== tokenOf('scoped')) return null;
  const admin = heldBuiltIn('admin', null);
  return { kind: 'service', id: 's', name: 's', roles: admin ? [admin] : [], scope: ['vm.read'] };
}

beforeAll(async () => {
  cluster = await startFakeCluster();
  cluster.api.app.get(Identity).accept(holderOf);
});
afterAll(async () => {
  await cluster.close();
});

const call = caller(() => cluster);

/** The answer's status only: of a stream no end would come. */
async function statusOf(route: string, token: string | null): Promise<number> {
  const [method = '', path = ''] = route.split(' ');
  const gone = new AbortController();
  const response = await fetch(`${cluster.api.url}${path.replaceAll(/:\w+/g, 'x1')}`, {
    method,
    signal: gone.signal,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { body: '{}' }),
  });
  gone.abort();
  return response.status;
}

function mayUse(role: BuiltInRoleName, route: string): boolean {
  const access = routeAccess[route];
  if (!access) return false;
  if (access.scope === 'anyone' || access.scope === 'self') return true;
  const { of, permissions: held } = builtInRoles[role];
  return (of === 'cluster' || access.scope === 'project') && held.some((each) => each === access.permission);
}

describe('the permission table', () => {
  test('has an entry for every route, and for no other', () => {
    expect(routesOf(cluster.api.app).sort()).toEqual(Object.keys(routeAccess).sort());
  });

  test.each(roleNames)('is what the API answers %s by, route by route', async (role) => {
    const wrong: string[] = [];
    for (const route of routesOf(cluster.api.app)) {
      const status = await statusOf(route, tokenOf(role));
      const isRefused = status === 403;
      // Without a database what needs it says so: nobody was refused.
      const isBroken = status >= 500 && status !== 503;
      if (isRefused === mayUse(role, route) || status === 401 || isBroken) wrong.push(`${route}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  test('lets someone without a role do what only asks for being signed in', async () => {
    for (const [route, { scope }] of Object.entries(routeAccess)) {
      const status = await statusOf(route, tokenOf('nobody'));
      expect(`${route} ${status === 403}`).toBe(`${route} ${scope === 'cluster' || scope === 'project'}`);
    }
  });

  test('lets nobody unknown past what is open to anyone', async () => {
    for (const [route, { scope }] of Object.entries(routeAccess)) {
      const status = await statusOf(route, null);
      expect(`${route} ${status === 401}`).toBe(`${route} ${scope !== 'anyone'}`);
    }
  });

  test('gives no built-in role a permission that is unknown, and admin all', () => {
    for (const role of roleNames) {
      for (const permission of builtInRoles[role].permissions) expect(permissions).toContain(permission);
    }
    expect(builtInRoles.admin.permissions).toEqual(permissions);
  });

  test('is documented as it stands', () => {
    const file = fileURLToPath(new URL('../../../docs/permissions.md', import.meta.url));
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, permissionsPage());
    expect(readFileSync(file, 'utf8')).toBe(permissionsPage());
  });
});

describe('who is refused', () => {
  test('learns the missing permission and who has it, and nothing of what there is', async () => {
    const { status, body } = await call('/api/v1/hosts/h1/fence', { method: 'POST', token: tokenOf('auditor') });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'forbidden', detail: 'this needs the permission host.fence' });
    expect(body.remedy).toContain('admin');
    const there = await call('/api/v1/vms/nothing', { token: tokenOf('nobody') });
    expect(there.status).toBe(403);
    expect(there.body.near).toBeUndefined();
  });

  test('with a token of narrower scope cannot use the rest of the role', async () => {
    expect(await statusOf('GET /api/v1/vms', tokenOf('scoped'))).toBe(200);
    expect(await statusOf('GET /api/v1/hosts', tokenOf('scoped'))).toBe(403);
  });

  test('cannot go round the table by another method, case or trailing slash', async () => {
    const token = tokenOf('nobody');
    const asHead = await fetch(`${cluster.api.url}/api/v1/hosts`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(asHead.status).toBe(403);
    for (const path of ['/api/v1/hosts/', '/API/V1/Hosts', '//api/v1/hosts', '/api/v1/./hosts', '/api/v1/%68osts']) {
      const { status } = await call(path, { token });
      expect(`${path} ${[403, 404].includes(status)}`).toBe(`${path} true`);
    }
  });
});

test('a route that nobody laid a permission down for is refused to an admin too', () => {
  const request = { method: 'GET', route: { path: '/forgotten' } };
  const context = { getType: () => 'http', switchToHttp: () => ({ getRequest: () => request }) };
  expect(() => new PermissionGuard().canActivate(context as never)).toThrow('no permission is laid down');
});

test('whoami says who is signed in and what that permits', async () => {
  const local = await call<WhoamiView>('/api/v1/whoami');
  expect(local.body).toEqual({
    kind: 'local',
    name: 'local',
    roles: [{ role: 'admin', project: null }],
    permissions,
  });
  const owner = await call<WhoamiView>('/api/v1/whoami', { token: tokenOf('owner') });
  expect(owner.body).toMatchObject({ kind: 'user', roles: [{ role: 'owner', project: 'shop' }], permissions: [] });
});
