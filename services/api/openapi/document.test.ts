import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapiTypes, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller } from '../testing/call.js';
import { conforms } from '../testing/conforms.js';
import { startFakeCluster, type FakeCluster } from '../testing/fake-cluster.js';
import { routesOf } from '../testing/routes.js';
import { openApiDocument } from './document.js';
import { routes } from './routes/index.js';

const file = fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url));
const typesFile = fileURLToPath(new URL('../../../libs/client/generated/api.ts', import.meta.url));
const update = 'UPDATE_DOCS=1 npx vitest run --project unit services/api/openapi';

let cluster: FakeCluster;
beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

describe('the OpenAPI document', () => {
  test('is valid', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(openApiDocument()) });
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  test('is committed as it is', () => {
    const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, text);
    expect(readFileSync(file, 'utf8') === text, `docs/openapi.json is not current; run: ${update}`).toBe(true);
  });

  test('is what the types of the client are generated from', async () => {
    // What has a default may be left out of a request.
    const document = JSON.stringify(openApiDocument());
    const types = astToString(await openapiTypes(document, { defaultNonNullable: false }));
    const text = `/* Generated from docs/openapi.json; \`${update}\` writes it. */\n\n${types}`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(typesFile, text);
    expect(readFileSync(typesFile, 'utf8') === text, `libs/client/generated is not current; run: ${update}`).toBe(true);
  });

  test('is served by the API', async () => {
    const { status, body } = await caller(() => cluster)('/api/v1/openapi.json');
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  test('has that of the events beside it', async () => {
    const { status, body } = await caller(() => cluster)('/api/v1/asyncapi.json');
    const committed = fileURLToPath(new URL('../../../docs/asyncapi.json', import.meta.url));
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(readFileSync(committed, 'utf8')));
  });

  test('has every route that is served, and no other', () => {
    const described = routes.map(([key]) => key);
    const real = routesOf(cluster.api.app).filter((route) => route.includes(' /api/'));
    expect(real.length).toBeGreaterThan(30);
    const missing = real.filter((key) => !(described as string[]).includes(key));
    expect(missing, `describe these routes in services/api/openapi/routes/, then run: ${update}`).toEqual([]);
    const idle = described.filter((key) => !real.includes(key));
    expect(idle, 'nobody serves these routes; take them out of services/api/openapi/routes/').toEqual([]);
  });

  test('calls every operation and every schema by a name of its own', () => {
    const ids = routes.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('what tests get from the API is held to the document:', () => {
  const accepted = { operation: 'op-1', vm: 'web1' };
  const told = (status: number, body: object, type = 'application/json') => (): void =>
    conforms('POST', '/api/v1/vms/web1/stop', { status, type, body });

  test('what it foresees passes', () => {
    expect(told(202, accepted)).not.toThrow();
  });

  test.each([
    ['a field too many', told(202, { ...accepted, secret: 'x' }), /secret/],
    ['a field too few', told(202, { vm: 'web1' }), /operation/],
    ['another status', told(201, accepted), /not foreseen/],
    ['another type', told(202, accepted, 'text/html; charset=utf-8'), /text.html/],
    ['a problem without its code', told(409, { title: '' }, 'application/problem+json'), /code/],
  ])('%s is an error', (_what, answer, error) => {
    expect(answer).toThrow(error);
  });
});
