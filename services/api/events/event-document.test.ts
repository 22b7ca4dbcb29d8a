import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  dataSchemaOf,
  eventOf,
  eventSchema,
  eventTypes,
  noTransitions,
  registry,
  vmOperationKinds,
  withTransition,
} from '@holdfast/contracts';
import Ajv from 'ajv';
import { describe, expect, test } from 'vitest';
import { asyncApiDocument, eventJsonSchema, eventTable } from './event-document.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);
const update = 'UPDATE_DOCS=1 npx vitest run --project unit services/api/events';
const documentFile = `${root}/docs/asyncapi.json`;
const pageFile = `${root}/docs/events.md`;
const [begin, end] = ['<!-- events: generated -->\n', '<!-- end -->'] as const;

const ajv = (): Ajv.Ajv => new Ajv({ allErrors: true, unknownFormats: 'ignore' });

/** An event as a record's writer derives it. */
function made(event: string, data: Record<string, string | number | boolean | null>): unknown {
  const record = withTransition(noTransitions('i1', 0), 1_700_000_000_000, { event, text: 'so it is', data });
  const [noun = ''] = event.split('.');
  const service = registry.events.find((each) => each.noun === noun)?.owner ?? '';
  return eventOf(record, record.transitions[0]!, { service, noun, key: 'web1', identity: 'u1' });
}

describe('the AsyncAPI document', () => {
  test('is valid', () => {
    const specification = require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
    const validate = ajv().compile(specification);
    const valid = validate(asyncApiDocument());
    expect(validate.errors?.slice(0, 3) ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test('is committed as it is', () => {
    const text = `${JSON.stringify(asyncApiDocument(), null, 2)}\n`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(documentFile, text);
    expect(readFileSync(documentFile, 'utf8') === text, `docs/asyncapi.json is not current; run: ${update}`).toBe(true);
  });

  test('has its table in docs/events.md', () => {
    const page = readFileSync(pageFile, 'utf8');
    const [before = '', rest = ''] = page.split(begin);
    const [, after = ''] = rest.split(end);
    const wanted = `${before}${begin}${eventTable()}${end}${after}`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(pageFile, wanted);
    expect(readFileSync(pageFile, 'utf8') === wanted, `docs/events.md is not current; run: ${update}`).toBe(true);
  });
});

/** Names of events in the sources of the services that derive them. */
function inSources(): { literal: Set<string>; templates: Set<string> } {
  const literal = new Set<string>();
  const templates = new Set<string>();
  const nouns = registry.events.map(({ noun }) => noun).join('|');
  for (const service of ['failover', 'scheduler', 'storage']) {
    const files = readdirSync(`${root}/services/${service}`, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts') && !/(^|\/)dist\/|\.test\.ts$/.test(name))) {
      const text = readFileSync(`${root}/services/${service}/${file}`, 'utf8');
      for (const [, name = ''] of text.matchAll(new RegExp(`'((?:${nouns})\\.[a-z-]+)'`, 'g'))) literal.add(name);
      for (const [, name = ''] of text.matchAll(new RegExp(`event: \`((?:${nouns})\\.[^\`]+)\``, 'g'))) {
        templates.add(name);
      }
    }
  }
  return { literal, templates };
}

describe('the list of events', () => {
  /** What the templates in the cores may become. */
  const expanded: Record<string, string[]> = {
    'host.${health}': ['held', 'suspect'].map((word) => `host.${word}`),
    'host.${verb}': ['host.power-verified', 'host.power-mismatch'],
    'cluster.${become}': ['armed', 'shadowed', 'disarmed'].map((word) => `cluster.${word}`),
    'vm.${kind}-requested': vmOperationKinds
      // These are done at once, and told as such.
      .filter((kind) => !['create', 'set', 'describe', 'boot', 'cdrom'].includes(kind))
      .map((kind) => `vm.${kind}-requested`),
  };

  test('has every event that a core derives, and no other', () => {
    const { literal, templates } = inSources();
    expect([...templates].sort(), 'say here what this template may become').toEqual(Object.keys(expanded).sort());
    const derived = new Set([...literal, ...Object.values(expanded).flat()]);
    const known = Object.keys(eventTypes);
    expect([...derived].filter((name) => !known.includes(name)), 'add to libs/contracts/event-types.ts').toEqual([]);
    expect(known.filter((name) => !derived.has(name)), 'nobody derives these').toEqual([]);
  });
});

describe('an event', () => {
  const started = { host: 'h1', generation: 3 };

  test('conforms to its schema, and has what CloudEvents 1.0 wants', () => {
    const event = eventSchema.parse(made('vm.started', started));
    expect(ajv().compile(eventJsonSchema('vm.started'))(event)).toBe(true);
    expect(event).toMatchObject({
      specversion: '1.0',
      id: 'i1.vm.u1.1',
      source: '/holdfast/scheduler',
      type: 'io.holdfast.vm.started.v1',
      dataschema: 'urn:holdfast:event:io.holdfast.vm.started.v1',
      subject: 'web1',
      time: '2023-11-14T22:13:20.000Z',
    });
    for (const name of Object.keys(event)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });

  test.each([
    ['without a field', 'vm.started', { host: 'h1' }],
    ['with a field of another kind', 'vm.started', { ...started, generation: 'three' }],
  ])('%s does not conform', (_, event, data) => {
    expect(ajv().compile(eventJsonSchema(event))(made(event, data))).toBe(false);
  });

  test('of another type does not conform', () => {
    expect(ajv().compile(eventJsonSchema('vm.starting'))(made('vm.started', started))).toBe(false);
  });

  test('may bring more in a later version', () => {
    const more = { ...started, later: 1 };
    expect(ajv().compile(eventJsonSchema('vm.started'))(made('vm.started', more))).toBe(true);
    expect(dataSchemaOf('vm.started', true).safeParse((made('vm.started', more) as { data: object }).data).success)
      .toBe(false);
  });
});
