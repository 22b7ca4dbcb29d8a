import { idSchema, nameSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { answers, requests } from './components.js';
import { Components, inlineSchema, type JsonSchema } from './json-schema.js';
import { parameterTexts, sharedParameters } from './parameters.js';
import type { Answer, Method, Route, RouteKey } from './route.js';
import { routesByTag } from './routes/index.js';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters: (Parameter | { $ref: string })[];
  requestBody?: { required: boolean; content: Record<string, { schema: { $ref: string } }> };
  responses: Record<string, object>;
}

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  servers: { url: string; description: string }[];
  security: Record<string, string[]>[];
  tags: { name: string }[];
  paths: Record<string, Partial<Record<Lowercase<Method>, Operation>>>;
  components: Record<'schemas' | 'parameters' | 'responses' | 'headers' | 'securitySchemes', Record<string, object>>;
}

/** What can go wrong with any request, and with one that changes something. */
const problemsOfAny = [400, 401, 403, 404, 429, 503];
const problemsOfChange = [409, 413, 415, 422];

const pathSchemas: Readonly<Record<string, z.ZodType>> = {
  vm: nameSchema, host: nameSchema, rule: nameSchema, network: nameSchema, id: idSchema,
};
const anyName = z.string().min(1).max(200);

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name, in: 'path', required: true, schema: inlineSchema(pathSchemas[name] ?? anyName),
  }));
}

function queryParameters(query: z.ZodObject): Parameter[] {
  return Object.entries(query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !(schema as z.ZodType).safeParse(undefined).success,
    ...(name in parameterTexts && { description: parameterTexts[name] }),
    schema: inlineSchema(schema as z.ZodType),
  }));
}

const reference = (kind: 'parameters' | 'responses' | 'headers', name: string): { $ref: string } => ({
  $ref: `#/components/${kind}/${name}`,
});

function responsesOf(method: Method, answer: Answer, operationId: string, output: Components): Record<string, object> {
  const { status, schema, media, isLocated, isVersioned, isEdit, dryRun } = answer;
  const own = [...(method === 'GET' ? [] : problemsOfChange), ...(isEdit ? [412] : [])];
  const statuses = [...problemsOfAny, ...own].sort((a, b) => a - b);
  const content = schema !== undefined
    ? { 'application/json': { schema: output.reference(schema, `${operationId}Answer`) } }
    : media === undefined ? undefined : { [media]: {} };
  return {
    [status]: {
      description: status === 202 ? 'It is under way.' : 'Done.',
      headers: {
        'X-Request-Id': reference('headers', 'RequestId'),
        traceparent: reference('headers', 'Traceparent'),
        ...(isLocated && { Location: reference('headers', 'Location') }),
        ...(isVersioned && { ETag: reference('headers', 'ETag') }),
      },
      ...(content && { content }),
    },
    ...(dryRun && {
      200: {
        description: 'Of a dry run: what would come of it.',
        content: { 'application/json': { schema: output.reference(dryRun, `${operationId}DryRun`) } },
      },
    }),
    ...Object.fromEntries(statuses.map((each) => [each, reference('responses', 'Problem')])),
    default: reference('responses', 'Problem'),
  };
}

function operationOf(
  key: RouteKey, tag: string, route: Route, input: Components, output: Components,
): { path: string; method: Method; operation: Operation } {
  const [method, template] = key.split(' ') as [Method, string];
  const { operationId, summary, description, query, body, answer } = route;
  const operation: Operation = {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: [
      ...pathParameters(template),
      ...(query === undefined ? [] : queryParameters(query)),
      reference('parameters', 'RequestId'),
      reference('parameters', 'Traceparent'),
      ...(method === 'GET' ? [] : [reference('parameters', 'IdempotencyKey')]),
      ...(answer.isEdit ? [reference('parameters', 'IfMatch'), reference('parameters', 'DryRun')] : []),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: input.reference(body, `${operationId}Request`) } },
      },
    }),
    responses: responsesOf(method, answer, operationId, output),
  };
  return { path: template.replace(/:(\w+)/g, '{$1}'), method, operation };
}

/** Throws where two schemas have one name. */
function merged(input: Record<string, JsonSchema>, output: Record<string, JsonSchema>): Record<string, JsonSchema> {
  const twice = Object.keys(input).filter((name) => name in output);
  if (twice.length > 0) throw new Error(`a request and an answer have one name: ${twice.join(', ')}`);
  const all = { ...input, ...output };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The whole API as an OpenAPI 3.1 document, from the schemas that requests are parsed with. */
export function openApiDocument(): OpenApiDocument {
  const input = new Components('input', requests);
  const output = new Components('output', answers);
  const paths: OpenApiDocument['paths'] = {};
  for (const [tag, routes] of Object.entries(routesByTag)) {
    for (const [key, route] of Object.entries(routes)) {
      const { path, method, operation } = operationOf(key as RouteKey, tag, route, input, output);
      (paths[path] ??= {})[method.toLowerCase() as Lowercase<Method>] = operation;
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: '1',
      description:
        'High-availability virtualization. Every error is a problem document (RFC 9457) that names the field and ' +
        'what to do about it. A change that takes time answers 202 with an operation; sent again with the same ' +
        '`Idempotency-Key` it is the same operation. Lists come in pages, filtered, sorted and cut by the server.',
    },
    servers: [{ url: '/', description: 'This API; every path begins with /api/v1' }],
    security: [{ bearer: [] }],
    tags: Object.keys(routesByTag).map((name) => ({ name })),
    paths,
    components: {
      schemas: merged(input.schemas(), output.schemas()),
      parameters: sharedParameters,
      responses: {
        Problem: {
          description: 'Why not, and what to do about it.',
          headers: {
            'X-Request-Id': reference('headers', 'RequestId'), traceparent: reference('headers', 'Traceparent'),
          },
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      headers: {
        RequestId: { description: 'In the log of the API and in the audit entry.', schema: { type: 'string' } },
        Traceparent: {
          description: 'Its trace is in every log line, event, operation and audit entry that the request causes.',
          schema: { type: 'string' },
        },
        ETag: { description: 'Of what was read, to be sent as `If-Match`.', schema: { type: 'string' } },
        Location: { description: 'Where the operation is found.', schema: { type: 'string' } },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
