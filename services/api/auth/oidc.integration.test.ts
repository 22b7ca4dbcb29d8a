import type { AuditEntry, BegunSignIn, NewSession, Page, ProblemDetails, WhoamiView } from '@holdfast/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  forgeries, ForgingProvider, oidcSettings, signInAt, startRealProvider, type People,
} from '../testing/oidc-providers.js';
import { ClusterWithPeople } from '../testing/with-people.js';

const redirect = 'http://127.0.0.1:40123/callback';
let people: ClusterWithPeople;

async function startWith(issuer: string): Promise<void> {
  people = await ClusterWithPeople.start({}, async (directory) => ({ oidc: await oidcSettings(directory, issuer) }));
}

const begin = (to = redirect) =>
  people.call<BegunSignIn>('/api/v1/oidc/begin', { body: { redirect: to }, token: null });
const finish = (body: object) => people.call<NewSession & ProblemDetails>('/api/v1/oidc/finish', { body, token: null });
const whoami = async (token: string) => (await people.call<WhoamiView>('/api/v1/whoami', { token })).body;

describe('signing in through an OpenID provider', () => {
  const known: People = {
    'sub-ada': { name: 'Ada.Lovelace@example.com', groups: ['staff', 'others'] },
    'sub-eve': { name: 'local-admin', groups: [] },
    'sub-odd': { name: '42', groups: [] },
  };
  let provider: Awaited<ReturnType<typeof startRealProvider>>;

  beforeAll(async () => {
    provider = await startRealProvider(known);
    await startWith(provider.issuer);
    for (const [group, role] of [['operators', 'operator'], ['admins', 'admin']] as const) {
      expect((await people.call(`/api/v1/groups/${group}`, { method: 'PUT', body: { members: [] } })).status).toBe(200);
      expect((await people.call('/api/v1/grants', { body: { group, role } })).status).toBe(201);
    }
  });
  afterAll(async () => {
    await people.close();
    await provider.close();
  });

  async function signIn(person: string): Promise<Awaited<ReturnType<typeof finish>>> {
    const { body: begun } = await begin();
    const back = await signInAt(begun.url, person, redirect);
    return await finish({ flow: begun.flow, ...Object.fromEntries(back.searchParams) });
  }

  test('makes a user of whoever comes first, who holds what the groups of the provider hold here', async () => {
    const first = await signIn('sub-ada');
    expect(first.status).toBe(200);
    expect(first.body.user).toBe('ada-lovelace');
    const audited = await people.call<Page<AuditEntry>>('/api/v1/audit');
    expect(audited.body.items.find(({ path }) => path === '/api/v1/oidc/finish')).toMatchObject({
      who: { kind: 'user', name: 'ada-lovelace' }, status: 200,
    });
    expect((await whoami(first.body.token)).roles).toEqual([{ role: 'operator', project: null }]);
    known['sub-ada'] = { name: 'renamed', groups: ['admins'] };
    const second = await signIn('sub-ada');
    expect(second.body.user).toBe('ada-lovelace');
    expect(second.body.token).not.toBe(first.body.token);
    expect((await whoami(second.body.token)).roles).toEqual([{ role: 'admin', project: null }]);
    known['sub-ada'] = { name: 'renamed', groups: [] };
    expect((await whoami((await signIn('sub-ada')).body.token)).roles).toEqual([]);
  });

  test('takes over no user of that name who is here already', async () => {
    const token = await people.user('local-admin', { role: 'admin' });
    const { status, body } = await signIn('sub-eve');
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'conflict' });
    expect((await whoami(token)).name).toBe('local-admin');
  });

  test('lets nobody back in whose user was deleted, until somebody is linked to another one', async () => {
    known['sub-del'] = { name: 'delia', groups: ['admins'] };
    expect((await signIn('sub-del')).status).toBe(200);
    expect((await people.call('/api/v1/users/delia', { method: 'DELETE' })).status).toBe(200);
    const { status, body } = await signIn('sub-del');
    expect({ status, detail: body.detail }).toEqual({ status: 403, detail: 'this user was deleted here' });
    await people.user('delia-again');
    const link = (user: string): Promise<{ status: number }> =>
      people.call(`/api/v1/users/${user}/oidc`, { method: 'PUT', body: { subject: 'sub-del' } });
    expect((await link('delia-again')).status).toBe(200);
    expect((await signIn('sub-del')).body.user).toBe('delia-again');
    await people.user('mallory');
    expect((await link('mallory')).status).toBe(409);
  });

  test('makes no user without a name that can be one', async () => {
    expect((await signIn('sub-odd')).status).toBe(409);
  });

  test('is finished once, by the one who began, and only with the answer to it', async () => {
    const { body: begun } = await begin();
    const { body: other } = await begin();
    const back = Object.fromEntries((await signInAt(begun.url, 'sub-ada', redirect)).searchParams);
    expect((await finish({ ...back, flow: other.flow })).status).toBe(401);
    expect((await finish({ ...back, flow: `hff_${'a'.repeat(43)}` })).status).toBe(401);
    expect((await finish({ ...back, flow: begun.flow, iss: 'https://evil.example' })).status).toBe(401);
    expect((await finish({ ...back, flow: begun.flow })).status).toBe(401);
    const again = await begin();
    const right = Object.fromEntries((await signInAt(again.body.url, 'sub-ada', redirect)).searchParams);
    expect((await finish({ ...right, flow: again.body.flow })).status).toBe(200);
    expect((await finish({ ...right, flow: again.body.flow })).status).toBe(401);
  });

  test.each([
    'https://evil.example/callback', 'http://127.0.0.1:40123/other', 'http://127.0.0.1.evil.example/callback', 'x',
  ])('sends nobody to %s', async (to) => {
    const { status, body } = await begin(to);
    expect(status).toBe(400);
    expect(body).toMatchObject({ field: 'redirect' });
  });

  test('is begun by one address only so often', async () => {
    let status = 200;
    for (let count = 0; count < 30 && status === 200; count += 1) ({ status } = await begin());
    expect(status).toBe(429);
    await people.directory.database.use((manager) => manager.query('DELETE FROM oidc_flows'));
  });

  test('leaves neither codes nor secrets in the audit log', async () => {
    const { body: begun } = await begin();
    const back = await signInAt(begun.url, 'sub-ada', redirect);
    await finish({ flow: begun.flow, ...Object.fromEntries(back.searchParams) });
    const { body } = await people.call('/api/v1/audit?limit=500');
    const log = JSON.stringify(body);
    expect(log).toContain('/api/v1/oidc/finish');
    expect(log).not.toContain(begun.flow);
    expect(log).not.toContain(back.searchParams.get('code'));
  });

  test('is answered 503 while the provider is away, and a password is good enough', async () => {
    const { body: begun } = await begin();
    const back = await signInAt(begun.url, 'sub-ada', redirect);
    await provider.close();
    expect((await finish({ flow: begun.flow, ...Object.fromEntries(back.searchParams) })).status).toBe(503);
    expect((await whoami(await people.login('local-admin'))).name).toBe('local-admin');
    provider = { ...provider, close: () => Promise.resolve() };
  });
});

describe('a token of a provider', () => {
  let provider: ForgingProvider;

  beforeAll(async () => {
    provider = await ForgingProvider.start();
    await startWith(provider.issuer);
  });
  beforeEach(() => people.directory.database.use((manager) => manager.query('DELETE FROM oidc_flows')));
  afterEach(() => {
    provider.forge = (claims) => ({ claims });
  });
  afterAll(async () => {
    await people.close();
    await provider.close();
  });

  async function signIn(): Promise<Awaited<ReturnType<typeof finish>>> {
    const { body: begun } = await begin();
    const { searchParams } = new URL(begun.url);
    provider.nonce = searchParams.get('nonce') ?? '';
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    return await finish({ flow: begun.flow, code: 'any', state: searchParams.get('state') });
  }

  test('is believed when all of it is right', async () => {
    const { status, body } = await signIn();
    expect({ status, user: body.user }).toEqual({ status: 200, user: 'mallory' });
  });

  test.each(Object.entries(forgeries))('is refused: %s', async (_name, forge) => {
    provider.forge = forge;
    const { status, body } = await signIn();
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthorized' });
  });
});
