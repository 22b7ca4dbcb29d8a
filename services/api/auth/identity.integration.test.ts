import { createHmac } from 'node:crypto';
import type {
  GrantView, GroupView, NewSession, NewToken, Page, RoleView, SetupCode, TokenView, WhoamiView,
} from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Database } from '../persistence/database.js';
import { untilState } from '../persistence/testing/postgres.js';
import { ClusterWithPeople } from '../testing/with-people.js';
import { hashOfSecret } from './secrets.js';
import { SignIn } from './sign-in.js';

let people: ClusterWithPeople;

beforeAll(async () => {
  people = await ClusterWithPeople.start();
});
afterAll(async () => {
  await people.close();
});

const sql = (text: string, values: unknown[] = []): Promise<unknown[]> =>
  people.directory.database.use((manager) => manager.query(text, values));

describe('the first administrator', () => {
  const name = 'root-admin';
  const password = 'four random words here';

  test('is made with a code that is good once, and signed in', async () => {
    const { body: first } = await people.call<SetupCode>('/api/v1/setup-code', { method: 'POST' });
    const { body: second } = await people.call<SetupCode>('/api/v1/setup-code', { method: 'POST' });
    const setUp = (code: string): ReturnType<typeof people.call<NewSession>> =>
      people.call<NewSession>('/api/v1/setup', { body: { code, name, password }, token: null });
    expect((await setUp(first.code)).status).toBe(401);
    const stored = await sql('SELECT * FROM setup_codes');
    expect(JSON.stringify(stored)).not.toContain(second.code);
    const made = await setUp(second.code);
    expect(made.status).toBe(200);
    const { body } = await people.call<WhoamiView>('/api/v1/whoami', { token: made.body.token });
    expect(body).toMatchObject({ kind: 'user', name, roles: [{ role: 'admin', project: null }] });
    expect((await setUp(second.code)).status).toBe(401);
    expect((await people.call('/api/v1/setup-code', { method: 'POST' })).status).toBe(409);
  });

  test('cannot have been made with a code that has expired', async () => {
    await sql(`INSERT INTO setup_codes VALUES ($1, now() - interval '1 s')`, [hashOfSecret('old')]);
    const body = { code: 'old', name: 'intruder', password };
    expect((await people.call('/api/v1/setup', { body, token: null })).status).toBe(401);
  });
});

describe('signing in', () => {
  test('gives a new session each time, whatever token the request came with', async () => {
    const fixed = await people.user('ada');
    const body = { name: 'ada', password: people.passwordOf('ada') };
    const again = await people.call<NewSession>('/api/v1/login', { body, token: fixed });
    expect(again.body.token).toMatch(/^hfs_[\w-]{43}$/);
    expect(again.body.token).not.toBe(fixed);
    const unknown = await people.call('/api/v1/login', { body, token: `hfs_${'a'.repeat(43)}` });
    expect(unknown.status).toBe(401);
  });

  test('stores no secret: neither passwords nor tokens', async () => {
    const token = await people.user('bob');
    const dump = JSON.stringify([await sql('SELECT * FROM accounts'), await sql('SELECT * FROM access_tokens')]);
    expect(dump).not.toContain(token);
    expect(dump).not.toContain(people.passwordOf('bob'));
    expect(dump).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
  });

  test('sets no cookie and answers no other origin, so there is nothing to forge a request with', async () => {
    const { headers } = await people.call('/api/v1/login', {
      body: { name: 'ada', password: people.passwordOf('ada') },
      token: null,
      headers: { origin: 'https://evil.example' },
    });
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const session = await people.login('ada');
    const byCookie = await people.call('/api/v1/whoami', { token: null, headers: { cookie: `token=${session}` } });
    expect(byCookie.status).toBe(401);
    const asForm = await people.call('/api/v1/login', {
      text: JSON.stringify({ name: 'ada', password: people.passwordOf('ada') }),
      headers: { 'content-type': 'text/plain' },
      token: null,
    });
    expect(asForm.status).toBe(415);
  });

  test('tells a wrong name and a wrong password alike', async () => {
    const wrong = async (name: string): Promise<object> => {
      const body = { name, password: 'not the password' };
      const answer = await people.call('/api/v1/login', { body, token: null });
      return { ...answer.body, requestId: '', status: answer.status };
    };
    expect(await wrong('nobody-of-that-name')).toEqual(await wrong('ada'));
    await people.login('ada');
  });

  test('is locked after failures, for longer each time, also for many at once and the right password', async () => {
    await people.user('carol');
    const attempt = (password: string): ReturnType<typeof people.call> =>
      people.call('/api/v1/login', { body: { name: 'carol', password }, token: null });
    const answers = await Promise.all(Array.from({ length: 12 }, () => attempt('wrong wrong wrong')));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429, 429, 429]);
    const locked = await attempt(people.passwordOf('carol'));
    expect(locked.status).toBe(429);
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
    // The lock is over, the failures are remembered: the next one locks for twice as long.
    await sql('UPDATE login_failures SET locked_until = now()');
    expect((await attempt('wrong again')).status).toBe(401);
    const lock = 'SELECT extract(epoch FROM locked_until - last_at)::int AS seconds FROM login_failures';
    expect(await sql(`${lock} WHERE failures > 1`)).toEqual([{ seconds: 4 }]);
    expect(await people.status('/api/v1/whoami', await people.login('ada'))).toBe(200);
    await sql('UPDATE login_failures SET locked_until = now()');
    expect((await attempt(people.passwordOf('carol'))).status).toBe(200);
    expect(await sql('SELECT 1 FROM login_failures WHERE failures > 1')).toEqual([]);
  });
});

describe('the lock after failures', () => {
  const fail = (name: string): ReturnType<typeof people.call> =>
    people.call('/api/v1/login', { body: { name, password: 'wrong wrong wrong' }, token: null });

  test('is taken off by an admin, and tells nothing of whether a name is somebody\'s', async () => {
    await people.user('kate');
    const statuses = async (name: string): Promise<number[]> => {
      const told: number[] = [];
      for (let each = 0; each < 7; each += 1) told.push((await fail(name)).status);
      return told;
    };
    expect(await statuses('kate')).toEqual(await statuses('nobody-at-all'));
    expect((await fail('kate')).status).toBe(429);
    expect((await people.call('/api/v1/users/kate/lock', { method: 'DELETE' })).status).toBe(200);
    expect(await people.status('/api/v1/whoami', await people.login('kate'))).toBe(200);
    expect((await people.call('/api/v1/users/nobody-at-all/lock', { method: 'DELETE' })).status).toBe(404);
  });

  test('is kept for names only, for a bounded number of them, and not beyond its length', async () => {
    const count = async (): Promise<unknown> => (await sql('SELECT count(*)::int AS rows FROM login_failures'))[0];
    await sql('DELETE FROM login_failures');
    expect((await fail('no name: 1\'"')).status).toBe(401);
    expect(await count()).toEqual({ rows: 0 });
    await sql(`INSERT INTO login_failures (key, name_hash, failures, locked_until, last_at)
      SELECT n, '', 1 + n % 2 * 9, now() + interval '2 days', now() - interval '1 h'
      FROM generate_series(1, 100009) n`);
    const { database, passwords } = people.directory;
    const other = new SignIn(database, passwords);
    await expect(other.check('kate', 'wrong wrong wrong', '10.0.0.9')).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await count()).toEqual({ rows: 100_001 });
    const locked = await sql('SELECT count(*)::int AS rows FROM login_failures WHERE failures = 10');
    expect(locked).toEqual([{ rows: 50_005 }]);
    await sql('DELETE FROM login_failures WHERE last_at < now() - interval \'1 min\'');
    await sql(`UPDATE login_failures SET failures = 9, locked_until = now() + interval '2 days'`);
    await expect(other.check('kate', 'wrong wrong wrong', '10.0.0.9')).rejects.toMatchObject({ code: 'unauthorized' });
    await sql('DELETE FROM login_failures');
  });
});

test.each([
  ['whose password is changed', (): Promise<unknown> =>
    people.call('/api/v1/users/luke/password', { method: 'PUT', body: { password: 'another phrase' } })],
  ['who is deleted', (): Promise<unknown> => people.call('/api/v1/users/luke', { method: 'DELETE' })],
])('a sign-in on its way ends with a user %s', async (_what, meanwhile) => {
  await people.user('luke');
  const { passwords } = people.directory;
  const verify = passwords.verify.bind(passwords);
  const spy = vi.spyOn(passwords, 'verify').mockImplementationOnce(async (stored, password) => {
    const isRight = await verify(stored, password);
    await meanwhile();
    return isRight;
  });
  try {
    const body = { name: 'luke', password: people.passwordOf('luke') };
    expect((await people.call('/api/v1/login', { body, token: null })).status).toBe(401);
    expect(spy).toHaveBeenCalledOnce();
  } finally {
    spy.mockRestore();
    await people.call('/api/v1/users/luke', { method: 'DELETE' });
  }
});

describe('a token that is not one', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = part({ sub: 'root-admin', exp: 4_000_000_000 });
  const signed = `${part({ alg: 'HS256' })}.${claims}`;

  test.each([
    ['a JWT without a signature', `${part({ alg: 'none' })}.${claims}.`],
    ['a JWT that somebody signed', `${signed}.${createHmac('sha256', 'key').update(signed).digest('base64url')}`],
    ['a guessed token', `hft_${'A'.repeat(43)}`],
    ['a guessed session', `hfs_${'A'.repeat(43)}`],
    ['a setup code', `hfc_${'A'.repeat(43)}`],
    ['the hash of a secret', hashOfSecret('x')],
  ])('%s is refused', async (_what, token) => {
    expect(await people.status('/api/v1/whoami', token)).toBe(401);
  });

  test('a header that was cut in two is refused before it is sent on', async () => {
    const { status, headers } = await people.call('/api/v1/whoami', {
      headers: { 'x-request-id': 'a%0d%0aset-cookie: x=1' },
    });
    expect(status).toBe(200);
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('sessions', () => {
  test('are listed, and ended one by one; the one ended is refused at once', async () => {
    const first = await people.user('dave');
    const second = await people.login('dave');
    const list = await people.call<Page<TokenView>>('/api/v1/sessions', { token: first });
    expect(list.body.items).toHaveLength(2);
    expect(JSON.stringify(list.body)).not.toContain('hfs_');
    const [oldest] = list.body.items.toSorted((a, b) => a.createdAtMs - b.createdAtMs);
    const other = await people.user('mallory');
    expect(await people.status(`/api/v1/sessions/${oldest?.id}`, other, 'DELETE')).toBe(404);
    expect(await people.status(`/api/v1/sessions/${oldest?.id}`, second, 'DELETE')).toBe(200);
    expect(await people.status('/api/v1/whoami', first)).toBe(401);
    expect(await people.status('/api/v1/logout', second, 'POST')).toBe(200);
    expect(await people.status('/api/v1/whoami', second)).toBe(401);
  });

  test('end when they are idle for too long, and at the latest after their life', async () => {
    const idle = await people.user('erin');
    const old = await people.login('erin');
    await sql(`UPDATE access_tokens SET last_used_at = now() - interval '13 h' WHERE hash = $1`, [hashOfSecret(idle)]);
    await sql(`UPDATE access_tokens SET expires_at = now() WHERE hash = $1`, [hashOfSecret(old)]);
    people.directory.tokens.forgetAll();
    expect(await people.status('/api/v1/whoami', idle)).toBe(401);
    expect(await people.status('/api/v1/whoami', old)).toBe(401);
  });

  test('all but this one end with a change of the password, all with one by an admin', async () => {
    const mine = await people.user('frank');
    const other = await people.login('frank');
    const change = (old: string): ReturnType<typeof people.call> =>
      people.call('/api/v1/password', { method: 'PUT', body: { old, password: 'a new pass phrase' }, token: mine });
    expect((await change('not the old one')).status).toBe(401);
    expect((await change(people.passwordOf('frank'))).status).toBe(200);
    expect(await people.status('/api/v1/whoami', other)).toBe(401);
    expect(await people.status('/api/v1/whoami', mine)).toBe(200);
    const body = { password: 'yet another phrase' };
    expect((await people.call('/api/v1/users/frank/password', { method: 'PUT', body })).status).toBe(200);
    expect(await people.status('/api/v1/whoami', mine)).toBe(401);
    expect(await people.login('frank', body.password)).toMatch(/^hfs_/);
  });
});

describe('tokens', () => {
  test('of a program do what its roles and their scope permit, until they expire or are revoked', async () => {
    await people.call('/api/v1/users', { body: { kind: 'service', name: 'ci' } });
    await people.call('/api/v1/grants', { body: { user: 'ci', role: 'operator' } });
    const made = await people.call<NewToken>('/api/v1/users/ci/tokens', {
      body: { name: 'pipeline', days: 1, scope: ['vm.read', 'settings.write'] },
    });
    expect(made.status).toBe(201);
    const { token, id } = made.body;
    expect(token).toMatch(/^hft_/);
    expect(await people.status('/api/v1/vms', token)).toBe(200);
    expect(await people.status('/api/v1/hosts', token)).toBe(403);
    const settings = await people.call('/api/v1/settings', { method: 'PUT', body: {}, token });
    expect(settings.status).toBe(403);
    const { body } = await people.call<Page<TokenView>>('/api/v1/users/ci/tokens');
    expect(body.items[0]?.lastUsedAtMs).toBeGreaterThan(0);
    await people.call(`/api/v1/users/ci/tokens/${id}`, { method: 'DELETE' });
    expect(await people.status('/api/v1/vms', token)).toBe(401);
  });

  test('of one person are made by that person, and not by a token of narrower scope', async () => {
    const session = await people.user('grace', { role: 'operator' });
    const body = { name: 'laptop', scope: ['vm.read'] };
    expect((await people.call('/api/v1/users/grace/tokens', { body })).status).toBe(409);
    const made = await people.call<NewToken>('/api/v1/tokens', { body, token: session });
    const whole = await people.call<NewToken>('/api/v1/tokens', { body: { name: 'all' }, token: session });
    for (const token of [made.body.token, whole.body.token]) {
      expect((await people.call('/api/v1/tokens', { body: { name: 'more' }, token })).status).toBe(403);
    }
    const other = await people.call<Page<TokenView>>('/api/v1/sessions', { token: session });
    const path = `/api/v1/sessions/${other.body.items[0]?.id}`;
    expect(await people.status(path, made.body.token, 'DELETE')).toBe(403);
    expect(await people.status(`/api/v1/tokens/${whole.body.id}`, made.body.token, 'DELETE')).toBe(403);
    const change = { old: people.passwordOf('grace'), password: 'a new pass phrase' };
    const changed = (token: string): ReturnType<typeof people.call> =>
      people.call('/api/v1/password', { method: 'PUT', body: change, token });
    expect((await changed(made.body.token)).status).toBe(403);
    expect((await changed(session)).status).toBe(200);
    for (const { body: { token } } of [made, whole]) expect(await people.status('/api/v1/vms', token)).toBe(401);
    expect(await people.status('/api/v1/vms', session)).toBe(200);
  });

  test('of a program are not made by the program itself, whatever it may do', async () => {
    await people.call('/api/v1/users', { body: { kind: 'service', name: 'robot' } });
    await people.call('/api/v1/grants', { body: { user: 'robot', role: 'admin' } });
    const path = '/api/v1/users/robot/tokens';
    const { token } = (await people.call<NewToken>(path, { body: { name: 'x' } })).body;
    expect((await people.call(path, { body: { name: 'y' }, token })).status).toBe(403);
    expect((await people.call('/api/v1/tokens', { body: { name: 'y' }, token })).status).toBe(403);
  });

  test('that are revoked end the event stream that they opened at its next heartbeat', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const kept = await people.user('ivy', { role: 'operator' });
      const ended = await people.login('ivy');
      const follow = (token: string): Promise<Response> =>
        fetch(`${people.cluster.api.url}/api/v1/events`, { headers: { authorization: `Bearer ${token}` } });
      const goesOn = (await follow(kept)).body?.getReader();
      const ends = (await follow(ended)).body?.getReader();
      await people.status('/api/v1/logout', ended, 'POST');
      vi.advanceTimersByTime(15_000);
      let last = await ends?.read();
      while (last?.done === false) last = await ends?.read();
      let text = '';
      while (!text.includes('still here')) text += Buffer.from((await goesOn?.read())?.value ?? []).toString();
      await goesOn?.cancel();
      const many = await Promise.all(Array.from({ length: 101 }, () => follow(kept)));
      expect(many.filter(({ status }) => status === 429)).toHaveLength(1);
      for (const { body } of many) await body?.cancel();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('nobody gets more than they have', () => {
  test('a user manager cannot take over an admin, nor hand out what they lack', async () => {
    await people.call('/api/v1/roles/clerk', {
      method: 'PUT',
      body: { permissions: ['user.read', 'user.write', 'role.read', 'role.write'] },
    });
    const clerk = await people.user('clerk1', { role: 'clerk' });
    const admin = await people.user('boss', { role: 'admin' });
    const deny = async (path: string, method: string, body: unknown): Promise<void> => {
      const answer = await people.call(path, { method, body, token: clerk });
      expect(`${path} ${answer.status}`).toBe(`${path} 403`);
    };
    await deny('/api/v1/users/boss/password', 'PUT', { password: 'taken over by me' });
    await deny('/api/v1/users/boss', 'DELETE', undefined);
    await deny('/api/v1/grants', 'POST', { user: 'clerk1', role: 'admin' });
    await deny('/api/v1/setup-code', 'POST', undefined);
    await deny('/api/v1/roles/clerk', 'PUT', { permissions: ['host.fence'] });
    await people.call('/api/v1/groups/admins', { method: 'PUT', body: { members: ['boss'] } });
    await people.call('/api/v1/grants', { body: { group: 'admins', role: 'admin' } });
    await deny('/api/v1/groups/admins', 'PUT', { members: ['clerk1'] });
    const own = await people.call('/api/v1/grants', { body: { user: 'ada', role: 'clerk' }, token: clerk });
    expect(own.status).toBe(201);
    expect(await people.status('/api/v1/users', admin)).toBe(200);
  });

  test('a project goes with its grants only by whoever could take back each of them', async () => {
    const permissions = ['project.read', 'project.write', 'role.read', 'role.write'];
    await people.call('/api/v1/roles/planner', { method: 'PUT', body: { permissions } });
    const planner = await people.user('paula', { role: 'planner' });
    await people.call('/api/v1/projects', { body: { name: 'annex' } });
    await people.user('otto', { role: 'owner', project: 'annex' });
    expect(await people.status('/api/v1/projects/annex', planner, 'DELETE')).toBe(403);
    const grants = (await people.call<Page<GrantView>>('/api/v1/grants')).body.items;
    const ottos = grants.find(({ user }) => user === 'otto');
    expect(await people.call(`/api/v1/grants/${ottos?.id}`, { method: 'DELETE' })).toMatchObject({ status: 200 });
    expect(await people.status('/api/v1/projects/annex', planner, 'DELETE')).toBe(200);
  });

  test('a role that is removed while it is granted leaves no grant, and one left over can be taken back', async () => {
    for (let round = 0; round < 10; round += 1) {
      await people.call('/api/v1/roles/brief', { method: 'PUT', body: { permissions: ['vm.read'] } });
      await Promise.all([
        people.call('/api/v1/grants', { body: { user: 'clerk1', role: 'brief' } }),
        people.call('/api/v1/roles/brief', { method: 'DELETE' }),
      ]);
      const { items } = (await people.call<Page<GrantView>>('/api/v1/grants')).body;
      expect(items.filter(({ role }) => role === 'brief')).toEqual([]);
    }
    await people.call('/api/v1/roles/brief', { method: 'PUT', body: { permissions: ['vm.read'] } });
    const granted = await people.call<GrantView>('/api/v1/grants', { body: { user: 'clerk1', role: 'brief' } });
    await people.directory.database.use((manager) => manager.query("DELETE FROM own_roles WHERE name = 'brief'"));
    expect((await people.call(`/api/v1/grants/${granted.body.id}`, { method: 'DELETE' })).status).toBe(200);
  });

  test('roles and groups are changed only as they were read, and can be tried first', async () => {
    await people.user('hugo');
    const put = (path: string, body: object, version: string | null, query = '') =>
      people.call<RoleView & GroupView>(`/api/v1/${path}${query}`, {
        method: 'PUT', body, headers: version === null ? {} : { 'if-match': `"${version}"` },
      });
    const of = async (list: string, name: string): Promise<string | undefined> => {
      const { body } = await people.call<Page<RoleView & GroupView>>(`/api/v1/${list}?filter=name=${name}`);
      return body.items[0]?.version;
    };
    for (const [list, one, other] of [
      ['roles', { permissions: ['vm.read'] }, { permissions: ['vm.read', 'host.read'] }],
      ['groups', { members: [] }, { members: ['hugo'] }],
    ] as const) {
      expect((await put(`${list}/edited`, one, 'none')).status).toBe(412);
      expect((await put(`${list}/edited`, one, null, '?dryRun=true')).status).toBe(200);
      expect(await of(list, 'edited')).toBeUndefined();
      const { version } = (await put(`${list}/edited`, one, null)).body;
      expect(await of(list, 'edited')).toBe(version);
      const tried = (await put(`${list}/edited`, other, version, '?dryRun=true')).body;
      expect(tried).toMatchObject(other);
      expect(await of(list, 'edited')).toBe(version);
      const { body } = await put(`${list}/edited`, other, version);
      expect(body.version).toBe(tried.version);
      expect((await put(`${list}/edited`, one, version)).body).toMatchObject({ field: 'If-Match' });
      const remove = (query: string, match: string) =>
        people.call(`/api/v1/${list}/edited${query}`, { method: 'DELETE', headers: { 'if-match': `"${match}"` } });
      expect((await remove('', version)).status).toBe(412);
      expect((await remove('?dryRun=true', body.version)).status).toBe(200);
      expect(await of(list, 'edited')).toBe(body.version);
      expect((await remove('', body.version)).status).toBe(200);
      expect(await of(list, 'edited')).toBeUndefined();
    }
  });

  test('a role held through a group goes with the membership, at once', async () => {
    const token = await people.user('heidi');
    expect(await people.status('/api/v1/hosts', token)).toBe(403);
    await people.call('/api/v1/groups/ops', { method: 'PUT', body: { members: ['heidi'] } });
    await people.call('/api/v1/grants', { body: { group: 'ops', role: 'operator' } });
    expect(await people.status('/api/v1/hosts', token)).toBe(200);
    await people.call('/api/v1/groups/ops', { method: 'PUT', body: { members: [] } });
    expect(await people.status('/api/v1/hosts', token)).toBe(403);
  });

  test('fields that a request does not have are refused, not taken over', async () => {
    const asked = { kind: 'user', name: 'ivan', password: 'long enough for all' };
    for (const more of [{ roles: ['admin'] }, { id: 'x' }, { password_hash: 'x' }, { isAdmin: true }]) {
      const { status } = await people.call('/api/v1/users', { body: { ...asked, ...more } });
      expect(status).toBe(400);
    }
    const polluted = await people.call('/api/v1/users', {
      text: '{"kind":"user","name":"ivan","password":"long enough for all","__proto__":{"role":"admin"}}',
    });
    expect(polluted.status).toBe(400);
    expect(await people.status('/api/v1/users/ivan', people.cluster.token)).toBe(404);
  });

  test('passwords that are too short, or hold the name, are refused with the field', async () => {
    for (const password of ['short', 'ivan-ivan-ivan-ivan', 'aaaaaaaaaaaaaaaa']) {
      const { status, body } = await people.call('/api/v1/users', { body: { kind: 'user', name: 'ivan', password } });
      expect(status).toBe(400);
      expect(body.field).toBe('password');
      expect(JSON.stringify(body)).not.toContain(password);
    }
  });
});

describe('the owner of a project', () => {
  test('sees and grants in that project only, and learns nothing of others', async () => {
    for (const name of ['shop', 'secret-lab']) await people.call('/api/v1/projects', { body: { name } });
    const owner = await people.user('olga', { role: 'owner', project: 'shop' });
    await people.user('peter', { role: 'viewer', project: 'secret-lab' });
    const projects = await people.call('/api/v1/projects', { token: owner });
    expect(JSON.stringify(projects.body)).toContain('shop');
    expect(JSON.stringify(projects.body)).not.toContain('secret-lab');
    const grants = await people.call<Page<GrantView>>('/api/v1/grants', { token: owner });
    expect(grants.body.items.map(({ user, project }) => [user, project])).toEqual([['olga', 'shop']]);
    const grant = (project: string, role = 'viewer') =>
      people.call('/api/v1/grants', { body: { user: 'peter', role, project }, token: owner });
    expect((await grant('shop')).status).toBe(201);
    const [there, nowhere] = [await grant('secret-lab'), await grant('no-such')];
    expect([there.status, nowhere.status]).toEqual([404, 404]);
    expect(there.body.detail.replace('secret-lab', 'X')).toBe(nowhere.body.detail.replace('no-such', 'X'));
    expect((await grant('shop', 'admin')).status).toBe(403);
    const all = await people.call<Page<GrantView>>('/api/v1/grants');
    const foreign = all.body.items.find(({ project }) => project === 'secret-lab');
    expect(await people.status(`/api/v1/grants/${foreign?.id}`, owner, 'DELETE')).toBe(404);
  });
});

describe('while the database is away', () => {
  test('who is signed in goes on, and what needs the database says so', async () => {
    const token = await people.user('judy', { role: 'auditor' });
    const unused = await people.login('judy');
    expect(await people.status('/api/v1/hosts', token)).toBe(200);
    await people.postgres.kill();
    try {
      await untilState(people.cluster.api.app.get(Database), 'away');
      expect(await people.status('/api/v1/hosts', token)).toBe(200);
      expect(await people.status('/api/v1/hosts', people.cluster.token)).toBe(200);
      const needing = [
        await people.call('/api/v1/login', { body: { name: 'judy', password: 'x' }, token: null }),
        await people.call('/api/v1/users', { token }),
        await people.call('/api/v1/hosts', { token: unused }),
      ];
      for (const { status, headers, body } of needing) {
        expect(status).toBe(503);
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
        expect(JSON.stringify(body)).not.toMatch(/postgres|ECONN|socket/i);
      }
    } finally {
      await people.postgres.start();
      await untilState(people.cluster.api.app.get(Database), 'up');
    }
    expect(await people.status('/api/v1/hosts', unused)).toBe(200);
  });
});
