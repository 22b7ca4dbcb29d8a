import { z } from 'zod';
import { openApiDocument } from '../openapi/document.js';

/* For tests only: holds every answer of the API to its OpenAPI document. */

interface Schema {
  [key: string]: unknown;
}

/** Answers may grow for others; here a field that the document does not name is a mistake. */
function exact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exact);
  if (value === null || typeof value !== 'object') return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, exact(each)]));
  const isClosed = 'properties' in inner && inner['type'] === 'object' && !('additionalProperties' in inner);
  if (typeof inner['$ref'] === 'string') inner['$ref'] = inner['$ref'].replace('#/components/schemas/', '#/$defs/');
  return isClosed ? { ...inner, additionalProperties: false } : inner;
}

const document = openApiDocument();
const definitions = exact(document.components.schemas) as Schema;
const compiled = new Map<string, z.ZodType>();

function schemaOf(reference: string): z.ZodType {
  let schema = compiled.get(reference);
  if (!schema) {
    const $ref = reference.replace('#/components/schemas/', '#/$defs/');
    schema = z.fromJSONSchema({ $ref, $defs: definitions } as Parameters<typeof z.fromJSONSchema>[0]);
    compiled.set(reference, schema);
  }
  return schema;
}

/** The most literal first: `/vms/bulk` is no VM. */
const templates = Object.keys(document.paths).sort((a, b) => a.split('{').length - b.split('{').length).map((path) => ({
  path, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
}));

interface Described {
  content?: Record<string, { schema?: { $ref: string } }>;
}

/** Throws when the document does not foresee this answer to this request. */
export function conforms(method: string, url: string, answer: { status: number; type: string; body: unknown }): void {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const found = templates.find(({ pattern }) => pattern.test(pathname));
  const operations = found && (document.paths[found.path] as Record<string, { responses: Record<string, Described> }>);
  const operation = operations?.[method.toLowerCase()];
  const where = `${method} ${found?.path ?? pathname}: ${answer.status}`;
  const problem: Described | undefined = document.components.responses['Problem'];
  const described = answer.status >= 400 ? problem : operation?.responses[answer.status];
  if (described === undefined) throw new Error(`${where} is not foreseen by the OpenAPI document`);
  if (operation && answer.status >= 400 && !(answer.status in operation.responses) && answer.status < 500) {
    throw new Error(`${where} is a problem that the OpenAPI document does not name`);
  }
  const content = described.content ?? {};
  const media = answer.type.replace(/;.*/, '');
  if (!(media in content)) throw new Error(`${where} is ${media}, not ${Object.keys(content).join(' or ')}`);
  const reference = content[media]?.schema?.$ref;
  // Items with only some of their fields are no items of the document.
  if (reference === undefined || searchParams.has('fields')) return;
  const result = schemaOf(reference).safeParse(answer.body);
  if (!result.success) throw new Error(`${where} is not as the document says: ${z.prettifyError(result.error)}`);
}
