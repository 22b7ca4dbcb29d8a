import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HoldfastClient } from './client.js';
import { ApiProblem, ApiUnreachable, OperationTimeout } from './problem.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let client: HoldfastClient;
/** One for each request, in order; the last goes on answering. */
let answers: Answer[];
let requests: IncomingMessage[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new HoldfastClient({ baseUrl: `http://127.0.0.1:${port}/`, token: 'secret-token' });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function json(status: number, body: unknown): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

function problem(status: number, code: string): Answer {
  return json(status, { status, code, detail: `it is ${code}`, remedy: 'do this' });
}

const operation = { id: 'op-1', kind: 'create', vm: 'web1', reason: '', startedAtMs: 1 };
const runningAnswer = json(200, { ...operation, state: 'running', reason: 'attaching' });
const doneAnswer = json(200, { ...operation, state: 'done', endedAtMs: 2 });

const cut: Answer = (request) => request.socket.destroy();

test('a refusal comes as a typed problem', async () => {
  answers = [problem(409, 'conflict')];
  const error = await client.startVm('web1').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiProblem);
  expect(error).toMatchObject({ status: 409, code: 'conflict', remedy: 'do this' });
  expect(requests).toHaveLength(1);
});

test('an answer that is not from this API is told as such', async () => {
  answers = [(_request, response) => response.writeHead(502).end('<html>')];
  await expect(client.status()).rejects.toBeInstanceOf(ApiUnreachable);
});

test('a change whose answer was lost is sent again with the same key', async () => {
  answers = [cut, problem(503, 'unavailable'), json(202, { operation: 'op-1', vm: 'web1' })];
  expect(await client.stopVm('web1')).toEqual({ operation: 'op-1', vm: 'web1' });
  const keys = requests.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(1);
  expect(keys).toHaveLength(3);
});

test('it is not sent for ever', async () => {
  answers = [problem(503, 'unavailable')];
  await expect(client.stopVm('web1')).rejects.toMatchObject({ status: 503 });
  expect(requests).toHaveLength(3);
});

test('names are put into paths safely', async () => {
  answers = [problem(404, 'not-found')];
  await client.vm('../hosts?x').catch(() => undefined);
  expect(requests[0]?.url).toBe('/api/v1/vms/..%2Fhosts%3Fx');
});

test('an operation is waited for through an outage of the API, and progress is told', async () => {
  const seen: string[] = [];
  answers = [problem(404, 'not-found'), runningAnswer, problem(500, 'internal'), doneAnswer];
  const ended = await client.waitForOperation('op-1', {
    timeoutMs: 15_000,
    onProgress: ({ state, reason }) => seen.push(`${state} ${reason}`.trim()),
  });
  expect(ended.state).toBe('done');
  expect(seen).toEqual(['running attaching', 'done']);
});

test('an operation that does not end in time is an error that names it', async () => {
  answers = [runningAnswer];
  const error = await client
    .waitForOperation('op-1', { timeoutMs: 50 })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OperationTimeout);
  expect(String(error)).toContain('op-1');
  expect(String(error)).toContain('attaching');
});

test('all pages of a list are fetched', async () => {
  answers = [json(200, { items: [1, 2], next: 'b' }), json(200, { items: [3], next: null })];
  expect(await client.all<unknown>((page) => client.vms(page))).toEqual([1, 2, 3]);
  expect(requests[1]?.url).toContain('after=b');
});

function stream(...sequences: number[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': following\n\n');
    for (const sequence of sequences) {
      response.write(`id: ${sequence}\nevent: x\ndata: {"id":"e${sequence}"}\n\n`);
    }
    response.end();
  };
}

test('following goes on after the last event when the stream breaks off', async () => {
  answers = [stream(7, 8), cut, stream(9)];
  const stop = new AbortController();
  const seen: number[] = [];
  await client.followEvents({
    since: 7,
    signal: stop.signal,
    onEvent: ({ sequence, event }) => {
      seen.push(sequence);
      expect(event.id).toBe(`e${sequence}`);
      if (sequence === 9) stop.abort();
    },
  });
  expect(seen).toEqual([7, 8, 9]);
  expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['6', '8', '8']);
});

test('following ends when the API refuses', async () => {
  answers = [problem(401, 'unauthorized')];
  const { signal } = new AbortController();
  const following = client.followEvents({ signal, onEvent: () => undefined });
  await expect(following).rejects.toMatchObject({ code: 'unauthorized' });
});

test('another API is asked when the first does not answer, and goes on being asked', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const several = new HoldfastClient({
    baseUrl: `http://127.0.0.1:${port}`,
    others: [client.baseUrl],
    token: 'secret-token',
  });
  answers = [json(200, { hosts: 1 })];
  expect(await several.status()).toEqual({ hosts: 1 });
  expect(several.baseUrl).toBe(client.baseUrl);
  answers = [cut, json(200, { vm: 'web1' })];
  expect(await several.startVm('web1')).toEqual({ vm: 'web1' });
  const [, , repeated] = requests;
  expect(repeated?.headers['idempotency-key']).toBe(requests[1]?.headers['idempotency-key']);
  await several.close();
});

test('an API that has lost the bus sends nobody away for good: the others are asked, then it again', async () => {
  const several = new HoldfastClient({ baseUrl: client.baseUrl, others: [client.baseUrl], token: 'secret-token' });
  answers = [problem(503, 'unavailable'), problem(503, 'unavailable'), json(200, { hosts: 2 })];
  expect(await several.status()).toEqual({ hosts: 2 });
  expect(requests).toHaveLength(3);
  await several.close();
});

test('an answer that may be old is taken only when no other API knows better', async () => {
  const old: Answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'holdfast-stale': 'true' }).end('{"hosts":1}');
  };
  const several = new HoldfastClient({ baseUrl: client.baseUrl, others: [client.baseUrl], token: 'secret-token' });
  answers = [old, json(200, { hosts: 2 })];
  expect(await several.status()).toEqual({ hosts: 2 });
  answers = [old];
  expect(await several.status()).toEqual({ hosts: 1 });
  answers = [old, problem(503, 'unavailable')];
  expect(await several.status()).toEqual({ hosts: 1 });
  await several.close();
});
