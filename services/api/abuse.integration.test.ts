import { Agent, request } from 'node:http';
import { randomStream } from '@holdfast/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openApiDocument } from './openapi/document.js';
import { Assailant, targetsOf, type Assault } from './testing/abuse.js';
import { conforms } from './testing/conforms.js';
import type { FakeCluster } from './testing/fake-cluster.js';
import { ClusterWithPeople } from './testing/with-people.js';

/* HOLDFAST_ABUSE_PER_ROUTE=1000 sends so many mutated requests to each route, HOLDFAST_ABUSE_SEED others. */

const perRoute = Number(process.env['HOLDFAST_ABUSE_PER_ROUTE'] ?? '40');
const seed = process.env['HOLDFAST_ABUSE_SEED'] ?? '1';
const atOnce = 8;
/** Far longer than anything takes: what has not answered by then hangs. */
const hangsAfterMs = 30_000;

const statuses = new Set<number>();
const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
let people: ClusterWithPeople;
let cluster: FakeCluster;

beforeAll(async () => {
  const plenty = { perSecond: 1e9, burst: 1e9 };
  people = await ClusterWithPeople.start({ limits: { address: plenty, token: plenty } });
  ({ cluster } = people);
  for (const name of ['web1', 'web2']) {
    const path = '/api/v1/vms';
    const body = Buffer.from(JSON.stringify({ name, cpus: 1, memoryMiB: 64 }));
    await send({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body });
  }
});
afterAll(async () => {
  agent.destroy();
  await people.close();
});

interface Heard {
  status: number;
  type: string;
  text: string;
}

function send({ method, path, headers, body }: Assault): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(cluster.api.url);
    const all = { ...headers, authorization: `Bearer ${cluster.token}`,
      ...(body && { 'content-length': body.length }) };
    const sent = request({ agent, hostname, port, method, path, headers: all, timeout: hangsAfterMs },
      (response) => {
      const type = response.headers['content-type'] ?? '';
      const chunks: Buffer[] = [];
      const end = (): void => resolve({ status: response.statusCode ?? 0, type,
        text: Buffer.concat(chunks).toString() });
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', end).on('error', reject);
      // A stream has no end: that it was opened is the answer.
      if (!type.startsWith('text/event-stream')) return;
      end();
      response.destroy();
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer after ${hangsAfterMs} ms`)));
    sent.on('error', reject);
    sent.end(body ?? undefined);
  });
}

/** What is wrong with the answer; null when it is one that anybody can work with. */
function fault({ method, path }: Assault, { status, type, text }: Heard): string | null {
  statuses.add(status);
  if (status >= 500) return `${status}: ${text.slice(0, 300)}`;
  if (/node_modules|\.[jt]s:\d+|sealKey/.test(text)) return `tells our insides: ${text.slice(0, 300)}`;
  if (type.startsWith('text/event-stream')) return null;
  try {
    conforms(method, path, { status, type, body: JSON.parse(text) });
    return null;
  } catch (error) {
    return (error as Error).message.slice(0, 500);
  }
}

const document = openApiDocument();

test.each(targetsOf(document).map((target) => [`${target.method} ${target.path}`, target] as const))(
  '%s answers nonsense with a problem, or does what is left of it',
  { timeout: 300_000 },
  async (key, target) => {
    const assailant = new Assailant(document, randomStream(`abuse-${seed}-${key}`));
    const faults: string[] = [];
    let left = perRoute;
    const one = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const assault = assailant.next(target);
        const found = await send(assault).then((heard) => fault(assault, heard), (error: Error) => error.message);
        const { path, headers, body } = assault;
        if (found !== null) faults.push(`${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 200)} ` +
          `${body?.toString().slice(0, 200) ?? ''}\n  ${found}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    expect(faults.slice(0, 5)).toEqual([]);
  },
);

test('some of it was done, and the rest refused for every reason there is', () => {
  expect([...statuses]).toEqual(expect.arrayContaining([200, 202, 400, 404, 409, 413, 415]));
});
