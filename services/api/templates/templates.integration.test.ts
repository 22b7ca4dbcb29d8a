import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, ProblemDetails, TemplateView, VmView } from '@holdfast/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin, words } from '../../../clients/cli/testing/command-line.js';
import { ClusterWithPeople } from '../testing/with-people.js';

let people: ClusterWithPeople;
let directory: string;

const secret = 'correct-horse-battery';
const template = {
  description: 'a small web server',
  parameters: {
    cpus: { type: 'number', min: 1, max: 8, default: 2 },
    stage: { type: 'choice', choices: ['test', 'live'] },
  },
  vm: {
    cpus: '{{cpus}}',
    memoryMiB: 512,
    labels: { stage: '{{stage}}' },
    cloudInit: { userData: `#cloud-config\npassword: ${secret}\n` },
  },
};

beforeAll(async () => {
  people = await ClusterWithPeople.start();
  directory = await mkdtemp(join(tmpdir(), 'holdfast-template-'));
});
afterAll(async () => {
  await people.close();
  await rm(directory, { recursive: true });
});

const holdfast = (line: string): ReturnType<typeof begin>['finished'] => begin(words(line), people.cluster).finished;

test('a template is made of a file, shown, and VMs are made of it', async () => {
  const file = join(directory, 'web.json');
  await writeFile(file, JSON.stringify(template));
  expect(await holdfast(`template create web --file ${file}`)).toMatchObject({ code: 0 });
  expect((await holdfast(`template create web --file ${file}`)).err).toContain('there is a template web already');
  expect((await holdfast('template list')).out).toMatch(/^web +cpus, stage +a small web server$/m);
  expect((await holdfast('template show web')).out).toMatch(/^cpus +number +2 +1 to 8/m);

  const made = await holdfast('vm create web1 --template web --set cpus=4 --set stage=test --note mine --no-wait');
  expect(made).toMatchObject({ code: 0 });
  const { body } = await people.call<VmView>('/api/v1/vms/web1');
  expect(body.spec).toMatchObject({ cpus: 4, memoryMiB: 512, cloudInit: { userData: { bytes: 46 } } });
  expect(JSON.stringify(body)).not.toContain(secret);
  const less = await people.call('/api/v1/vms', {
    body: { name: 'web2', template: 'web', parameters: { stage: 'live' }, memoryMiB: 64 },
  });
  expect(less.status).toBe(202);
  expect((await people.call<VmView>('/api/v1/vms/web2')).body.spec).toMatchObject({ cpus: 2, memoryMiB: 64 });
});

test.each([
  [{ parameters: { stage: 'test', cpus: 9 } }, 'parameters.cpus', 'at most 8'],
  [{ parameters: {} }, 'parameters.stage', 'give one of test, live'],
  [{ parameters: { stage: 'test', size: 1 } }, 'parameters.size', 'there are cpus, stage'],
  [{ parameters: { stage: 'test' }, disks: 3 }, 'disks', 'disks'],
  [{ parameters: 3 }, 'parameters', 'an object'],
])('a VM of a template with %j is refused, and it is said why', async (more, field, remedy) => {
  const refused = await people.call<ProblemDetails>('/api/v1/vms', { body: { name: 'no', template: 'web', ...more } });
  expect([refused.status, refused.body.field]).toEqual([400, field]);
  expect(refused.body.remedy).toContain(remedy);
});

test('a template that nobody could use is refused, with its field', async () => {
  const body = { name: 'bad', parameters: {}, vm: { cpus: '{{cpus}}' } };
  const refused = await people.call<ProblemDetails>('/api/v1/templates', { body });
  expect([refused.status, refused.body.field]).toEqual([400, 'parameters.cpus']);
  expect((await people.call('/api/v1/vms', { body: { name: 'no', template: 'none' } })).status).toBe(404);
});

test('an edit that rests on an older version is refused, and a dry run changes nothing', async () => {
  const path = '/api/v1/templates/web';
  const tag = (await people.call(path)).headers.get('etag') ?? '';
  const put = (headers: Record<string, string>, query = ''): Promise<{ status: number }> =>
    people.call(`${path}${query}`, { method: 'PUT', headers, body: { ...template, description: 'another' } });
  expect((await put({ 'if-match': tag }, '?dryRun=true')).status).toBe(200);
  expect((await people.call<TemplateView>(path)).body.description).toBe(template.description);
  expect((await put({ 'if-match': tag })).status).toBe(200);
  expect((await put({ 'if-match': tag })).status).toBe(412);
  expect((await people.call(path, { method: 'DELETE', headers: { 'if-match': tag } })).status).toBe(412);
  expect((await people.call(`${path}?dryRun=true`, { method: 'DELETE' })).status).toBe(200);
  expect((await people.call<TemplateView>(path)).body.description).toBe('another');
});

test('who may use templates does not see what their guests are told, and who may not gets none', async () => {
  const viewer = await people.user('vera', { role: 'auditor' });
  const shown = await people.call<Page<TemplateView>>('/api/v1/templates', { token: viewer });
  expect(shown.body.items).toHaveLength(1);
  expect(JSON.stringify(shown.body)).not.toContain(secret);
  expect((await people.call('/api/v1/templates/web', { method: 'DELETE', token: viewer })).status).toBe(403);
  const name = 'maker';
  await people.call(`/api/v1/roles/${name}`, { method: 'PUT', body: { permissions: ['vm.create'] } });
  const token = await people.user('max', { role: name });
  const body = { name: 'web9', template: 'web', parameters: { stage: 'test' } };
  expect((await people.call('/api/v1/vms', { body, token })).status).toBe(403);
});

test('without the database only templates are away, and it is said when to ask again', async () => {
  await people.postgres.kill();
  const ofTemplate = { body: { name: 'web8', template: 'web' } };
  const answers = [await people.call('/api/v1/templates'), await people.call('/api/v1/vms', ofTemplate)];
  for (const { status, headers } of answers) {
    expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  }
  const plain = { name: 'plain', cpus: 1, memoryMiB: 64 };
  expect((await people.call('/api/v1/vms', { body: plain })).status).toBe(202);
  await people.postgres.start();
});
