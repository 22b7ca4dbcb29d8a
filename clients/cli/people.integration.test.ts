import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { oidcSettings, signInAt, startRealProvider } from '../../services/api/testing/oidc-providers.js';
import { ClusterWithPeople } from '../../services/api/testing/with-people.js';
import { begin, words, type Setting } from './testing/command-line.js';

let people: ClusterWithPeople;
let provider: Awaited<ReturnType<typeof startRealProvider>>;
let home: string;

beforeAll(async () => {
  provider = await startRealProvider({ 'sub-grace': { name: 'grace', groups: [] } });
  people = await ClusterWithPeople.start({}, async (directory) => ({
    oidc: await oidcSettings(directory, provider.issuer),
  }));
  home = await mkdtemp(join(tmpdir(), 'holdfast-home-'));
});
afterAll(async () => {
  await people.close();
  await provider.close();
  await rm(home, { recursive: true, force: true });
});

const url = (): string => people.cluster.api.url;

/** As the person whose home this is: signed in, or not. */
async function holdfast(line: string, { typed }: Setting = {}): Promise<{ code: number; out: string; err: string }> {
  const env = { HOLDFAST_API: url(), HOLDFAST_CONFIG: join(home, 'config.json') };
  return await begin(words(line), people.cluster, { env, typed: typed ?? '' }).finished;
}

/** As the holder of the machine's token. */
const asLocal = (line: string, typed = ''): ReturnType<typeof holdfast> =>
  begin(words(line), people.cluster, { typed }).finished;

describe('the command line of a person', () => {
  test('makes the first administrator with the code, and is signed in', async () => {
    const { out: code } = await asLocal('user setup-code');
    const made = await holdfast('setup anna', { typed: `${code.trim()}\ncorrect horse battery` });
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('as anna') as string });
    const who = JSON.parse((await holdfast('whoami --json')).out) as object;
    expect(who).toMatchObject({ kind: 'user', name: 'anna', roles: [{ role: 'admin', project: null }] });
    expect((await holdfast('vm list')).code).toBe(0);
  });

  test('keeps the session in a file that nobody else can read, and no password anywhere', async () => {
    const [name = ''] = await readdir(join(home, 'sessions'));
    const file = join(home, 'sessions', name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^hfs_[\w-]{43}\n$/);
  });

  test('makes users, and what they may not do is told with who can help', async () => {
    expect((await holdfast('user create ben', { typed: 'a long enough phrase' })).code).toBe(0);
    expect((await holdfast('role create waker --permissions host.read,host.maintain')).code).toBe(0);
    expect((await holdfast('role grant waker --user ben')).out).toContain('ben is waker now');
    expect((await holdfast('login ben', { typed: 'a long enough phrase' })).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(0);
    const refused = await holdfast('vm list');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('vm.read');
    expect(refused.err).toContain('ask an admin');
    expect((await holdfast('role holders')).code).toBe(1);
    expect((await asLocal('role revoke waker --user ben')).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(1);
  });

  test('makes a project with a quota, and is told what is left of it', async () => {
    expect((await asLocal('project create store')).code).toBe(0);
    const quota = await asLocal('project quota store --vms 1 --memory 2GiB');
    expect(quota.out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual(expect.arrayContaining([
      ['VMs', '0', '1'], ['CPUs', '0', 'no limit'], ['memory', '0', '2 GiB'],
    ]));
    expect((await asLocal('vm create shop1 --project store --no-wait')).code).toBe(0);
    expect((await asLocal('vm list --filter project=store --output wide')).out).toContain('shop1');
    const refused = await asLocal('vm create shop2 --project store --no-wait');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('store may have 1 VMs: 1 are taken up');
    expect((await asLocal('project quota store --vms none --json')).out).toContain('"vms": null');
    expect((await asLocal('vm create shop2 --project store --no-wait')).code).toBe(0);
  });

  test('changes a password, with which one then signs in', async () => {
    const changed = await holdfast('user password', { typed: 'a long enough phrase\nanother long phrase' });
    expect(changed).toMatchObject({ code: 0 });
    expect((await holdfast('login ben', { typed: 'a long enough phrase' })).code).toBe(1);
    expect((await holdfast('login ben', { typed: 'another long phrase' })).code).toBe(0);
  });

  test('shows a token once, lists when it was used, and revokes it', async () => {
    expect((await asLocal('user create robot --service --role auditor')).code).toBe(0);
    const { out } = await asLocal('token create ci --user robot --days 7 --scope vm.read');
    expect(out).toMatch(/^hft_[\w-]{43}\n$/);
    expect(await people.status('/api/v1/vms', out.trim())).toBe(200);
    const list = JSON.parse((await asLocal('token list --user robot --json')).out) as { items: { id: string }[] };
    expect(JSON.stringify(list)).not.toContain('hft_');
    expect((await asLocal(`token revoke ${list.items[0]?.id} --user robot`)).code).toBe(0);
    expect(await people.status('/api/v1/vms', out.trim())).toBe(401);
  });

  test('lists where one is signed in, ends one of these sessions, or all of a user', async () => {
    const token = await people.user('eve');
    const { out } = await asLocal('session list --user eve');
    expect(out).toMatch(/^ID +FROM +BEGUN +LAST USED +ENDS\n[\w-]+ +\S*127\.0\.0\.1 /);
    expect(await people.status('/api/v1/whoami', token)).toBe(200);
    expect((await asLocal('session end')).code).toBe(2);
    expect((await asLocal('session end --user eve')).out).toBe('all sessions of eve have ended\n');
    expect(await people.status('/api/v1/whoami', token)).toBe(401);
    expect((await asLocal('session list --user eve')).out).toBe('nobody is signed in\n');
    const mine = JSON.parse((await holdfast('session list --json')).out) as { items: { id: string }[] };
    expect((await holdfast(`session end ${mine.items[0]?.id}`)).out).toBe(`${mine.items[0]?.id} has ended\n`);
    expect((await holdfast('login ben', { typed: 'another long phrase' })).code).toBe(0);
  });

  test('groups and projects hold roles', async () => {
    expect((await asLocal('group set ops ben')).out).toBe('ops: ben\n');
    expect((await asLocal('role grant operator --group ops')).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(0);
    expect((await asLocal('project create shop')).code).toBe(0);
    expect((await asLocal('role grant owner --user ben --project shop')).code).toBe(0);
    expect((await holdfast('project list')).out).toContain('shop');
    expect((await asLocal('group delete ops')).code).toBe(0);
    expect((await asLocal('project delete shop')).code).toBe(0);
    expect((await holdfast('host list')).code).toBe(1);
  });

  test('signs out, after which nothing is left of the session', async () => {
    expect((await holdfast('logout')).code).toBe(0);
    expect(await readdir(join(home, 'sessions'))).toEqual([]);
    const { code, err } = await holdfast('whoami');
    expect(code).toBe(1);
    expect(err).toContain('holdfast login');
  });

  test('reads the audit log and follows its chain', async () => {
    const { out } = await asLocal('audit --limit 5');
    expect(out).toContain('/api/v1/logout');
    expect(out).toContain('ben');
    const asked = await asLocal('audit --filter path~/users,who=local --since 1h --limit 2 --json');
    const found = JSON.parse(asked.out) as { items: { path: string }[] };
    expect(found.items.map(({ path }) => path.startsWith('/api/v1/users'))).toEqual([true, true]);
    expect((await asLocal('audit --until 1d')).out).toBe('nothing was changed that is asked for\n');
    const verified = await asLocal('audit verify');
    expect(verified.out).toMatch(/^\d+ entries are intact; the end is \d+:[0-9a-f]{64}\n$/);
    const end = verified.out.trim().split(' ').at(-1) ?? '';
    expect((await asLocal(`audit verify --known ${end} --json`)).code).toBe(0);
    const other = await asLocal(`audit verify --known 1:${'0'.repeat(64)}`);
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('not the one that was noted') as string });
  });

  test('types a new password twice and unseen on a terminal', async () => {
    const setting = { isTerminal: true, typed: 'one phrase\nanother one' };
    const { code, out, err } = await begin(['user', 'create', 'cleo'], people.cluster, setting).finished;
    expect(code).toBe(2);
    expect(err).toContain('two different passwords');
    expect(out + err).not.toContain('one phrase');
  });

  test('a password is never an argument', async () => {
    for (const line of ['login ben secret', 'login ben --password secret', 'user create x --password secret']) {
      expect((await holdfast(line)).code).toBe(2);
    }
  });

  test('a token file that was named goes before a session, and login says so', async () => {
    const { code, err } = await asLocal('login ben', 'another long phrase');
    expect(code).toBe(2);
    expect(err).toContain('HOLDFAST_TOKEN_FILE');
  });

  test('signs in through the OpenID provider, with a browser that comes back to this machine', async () => {
    const env = { HOLDFAST_API: url(), HOLDFAST_CONFIG: join(home, 'config.json') };
    const signingIn = begin(words('login --oidc'), people.cluster, { env });
    await vi.waitFor(() => expect(signingIn.err()).toContain('code_challenge'), { timeout: 20_000 });
    const [to = ''] = /http\S+/.exec(signingIn.err()) ?? [];
    const redirect = new URL(to).searchParams.get('redirect_uri') ?? '';
    expect((await fetch(`${redirect}?state=wrong&code=wrong`)).status).toBe(404);
    const back = await signInAt(to, 'sub-grace', redirect);
    expect(await (await fetch(back)).text()).toContain('can be closed');
    expect(await signingIn.finished).toMatchObject({ code: 0, out: expect.stringContaining('as grace') as string });
    expect((await holdfast('whoami')).out).toMatch(/name\s+grace/);
    expect((await holdfast('vm list')).code).toBe(1);
  });

  test('that asks for neither a name nor the provider is told what it needs', async () => {
    expect(await holdfast('login')).toMatchObject({ code: 2, err: expect.stringContaining('--oidc') as string });
  });
});
