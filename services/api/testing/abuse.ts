import type { RandomStream } from '@holdfast/kernel';
import type { OpenApiDocument } from '../openapi/document.js';

/* For tests only: requests that nobody in his right mind sends, drawn from what the OpenAPI document says. */

export interface Assault {
  method: string;
  /** As it goes over the wire: nothing tidies it up. */
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  items?: Schema;
  minItems?: number;
  properties?: Record<string, Schema>;
}

/** A route as the document has it. */
export interface Target {
  method: string;
  path: string;
  /** Names of its parameters. */
  query: string[];
  body: Schema | null;
}

/** Every route of the document but those that answer with a stream. */
export function targetsOf(document: OpenApiDocument): Target[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      query: operation.parameters.flatMap((each) => ('in' in each && each.in === 'query' ? [each.name] : [])),
      body: operation.requestBody ? (operation.requestBody.content['application/json']?.schema ?? null) : null,
    })));
}

const lone = '\ud800';
const strings = [
  '', ' ', '.', '..', '*', '>', 'vm.>', '__proto__', 'constructor', 'null', 'NaN', '-1', '0x10', '1e999',
  'Web_1', 'a'.repeat(41),
  'a'.repeat(100_000), 'web1\u0000', 'web1\r\nX-Evil: 1', '\u202eweb1', 'ü', lone, '😀', '../../etc/passwd',
  '$(id)', "' OR 1=1 --",
  '{"$gt":""}', '<script>alert(1)</script>', '%00', '%2e%2e%2f', 'web1,web1', 'name=web1', 'name~(((((', '-',
  'cpus>=1e400',
];
const numbers = [
  0, -0, -1, 1, 1.5, 65_536, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e308, -1e308, 5e-324, 0.1,
];

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Valid requests, and what becomes of them. */
export class Assailant {
  private readonly schemas: Record<string, Schema>;

  constructor(document: OpenApiDocument, private readonly random: RandomStream) {
    this.schemas = document.components.schemas as Record<string, Schema>;
  }

  next(target: Target): Assault {
    const assault = this.plain(target);
    const ways = [
      () => this.spoilPath(target, assault),
      () => this.spoilQuery(target, assault),
      () => this.spoilHeaders(assault),
      ...(target.method === 'GET' ? [] : Array.from({ length: 4 }, () => () => this.spoilBody(target, assault))),
    ];
    const times = 1 + this.random.integer(3);
    for (let time = 0; time < times; time += 1) this.one(ways)();
    return assault;
  }

  private plain(target: Target): Assault {
    const body = target.body === null ? null : Buffer.from(JSON.stringify(this.example(target.body)));
    const path = target.path.replace(/\{(\w+)\}/g, (_all, name: string) => this.nameFor(name));
    return { method: target.method, path, headers: { 'content-type': 'application/json' }, body };
  }

  private nameFor(parameter: string): string {
    return this.one({ vm: ['web1', 'web2', 'none'], host: ['h1', 'h2'], rule: ['apart'],
      id: ['incident-1'] }[parameter] ?? ['x1']);
  }

  private spoilPath(target: Target, assault: Assault): void {
    const spoiled = this.one([
      '..', '.', '%2e%2e', '%2f', '..%2f..%2f', '%00', '%ff', '%E0%A4%A', '%', '%u0041', '__proto__',
      'constructor', ';a=b',
      'web1%20', '%0d%0aX-Evil:1', '*', '%3e', 'a'.repeat(8000), 'web1/', '%F0%9F%98%80', 'WEB1', '%252e', '-', '0',
    ]);
    assault.path = target.path.includes('{') && this.random.next() < 0.8
      ? target.path.replace(/\{(\w+)\}/g, () => spoiled)
      : `${assault.path}/${spoiled}`;
  }

  private spoilQuery({ query }: Target, assault: Assault): void {
    const name = this.one([...query, ...query, 'limit', 'dryRun', '__proto__', 'x', 'filter[a]', '']);
    const raw = this.one([...strings, ...numbers.map(String)]).slice(0, 3000);
    const broken = this.one(['%', '%ff', '%00', '&&', '=']);
    const value = this.random.next() < 0.9 ? encodeURIComponent(raw.replace(lone, '')) : broken;
    const times = this.random.next() < 0.2 ? 2 : 1;
    const added = Array.from({ length: times }, () => `${encodeURIComponent(name)}=${value}`).join('&');
    assault.path += `${assault.path.includes('?') ? '&' : '?'}${added}`;
  }

  private spoilHeaders(assault: Assault): void {
    Object.assign(assault.headers, this.one<Record<string, string>>([
      { 'content-type': 'text/plain' }, { 'content-type': 'application/json; charset=utf-16' },
      { 'content-type': 'application/json; charset=nonsense' }, { 'content-type': 'multipart/form-data' },
      { 'content-type': '' },
      { 'content-encoding': 'gzip' }, { 'content-encoding': 'br' }, { 'content-encoding': 'none-such' },
      { 'idempotency-key': '' }, { 'idempotency-key': 'a b' }, { 'idempotency-key': 'x'.repeat(5000) },
      { 'idempotency-key': '\u00ff' },
      { 'x-request-id': 'a b' }, { 'x-request-id': 'x'.repeat(5000) }, { 'x-request-id': '\u00ff' },
      { 'if-match': '*' }, { 'if-match': 'W/"1"' }, { 'if-match': '"x", "y"' },
      { 'if-match': 'x'.repeat(2000) }, { 'if-match': '' },
      { 'last-event-id': '-1' }, { 'last-event-id': 'x' }, { accept: 'text/html' }, { accept: '\u00ff' },
      { range: 'bytes=0-1' },
      { 'x-http-method-override': 'DELETE' }, { 'x-forwarded-for': '1.2.3.4' }, { cookie: 'a=b; '.repeat(200) },
      { expect: '100-continue' },
    ]));
  }

  private spoilBody({ body: schema }: Target, assault: Assault): void {
    const text = assault.body?.toString('utf8') ?? '{}';
    // Too deep or too long already to be looked into.
    if (text.length > 5000) return;
    const raw = this.random.next();
    if (raw < 0.15) {
      assault.body = this.one([
        Buffer.from(text.slice(0, this.random.integer(text.length + 1))),
        Buffer.from([0xff, 0xfe, ...Buffer.from(text)]),
        Buffer.from(text, 'utf16le'), Buffer.from(`\ufeff${text}`), Buffer.from('[]'), Buffer.from('null'),
        Buffer.from('"x"'),
        Buffer.from('0'), Buffer.from('['.repeat(100_000)),
        Buffer.from(`${'[{"a":'.repeat(2500)}0${'}]'.repeat(2500)}`),
        Buffer.from(`{"a":${'9'.repeat(400)}}`), Buffer.from('{"cpus":1e999,"name":"a","memoryMiB":64}'),
        Buffer.alloc(300_000, 0x20),
        Buffer.from('{"__proto__":{"host":"h1"},"constructor":{"prototype":{}}}'), Buffer.from('{"a":1,"a":2}'),
        Buffer.from([0xc3, 0x28]),
      ]);
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(text) as unknown;
    } catch {
      value = schema === null ? {} : this.example(schema);
    }
    assault.body = Buffer.from(JSON.stringify(this.spoiled(value)) ?? 'null');
  }

  /** One place of it is something else, is gone, or has company. */
  private spoiled(value: unknown): unknown {
    const isObject = value !== null && typeof value === 'object';
    if (!isObject || this.random.next() < 0.15) return this.nasty();
    if (Array.isArray(value)) {
      const length = this.one([0, 1, 17, 2000]);
      if (value.length === 0 || this.random.next() < 0.2) return Array.from({ length }, () => value[0] ?? 'a');
      const at = this.random.integer(value.length);
      return value.map((each: unknown, index) => (index === at ? this.spoiled(each) : each));
    }
    const entries = Object.entries(value);
    const way = this.random.next();
    if (entries.length === 0 || way < 0.25) {
      const key = this.one(['__proto__', 'constructor', 'x', '', 'operation', 'by', 'uid', 'toString',
        'a'.repeat(5000), 'h1', lone]);
      return Object.fromEntries([...entries, [key, this.nasty()]]);
    }
    const at = this.random.integer(entries.length);
    if (way < 0.35) return Object.fromEntries(entries.filter((_each, index) => index !== at));
    return Object.fromEntries(entries.map(([key, each], index) => [key, index === at ? this.spoiled(each) : each]));
  }

  private nasty(): unknown {
    return this.one<() => unknown>([
      () => this.one(strings), () => this.one(strings), () => this.one(numbers), () => this.one(numbers),
      () => null, () => true,
      () => [], () => ({}), () => [[]], () => nested(200), () => ({ length: 5 }), () => ['web1', 1, null],
      () => Object.fromEntries(Array.from({ length: 300 }, (_each, index) => [`k${index}`, index])),
    ])();
  }

  /** What the schema asks for, and now and then what it lets. */
  private example(schema: Schema, depth = 0): unknown {
    if (schema.$ref !== undefined) return this.example(this.schemas[schema.$ref.replace(/.*\//, '')] ?? {}, depth);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.one(schema.enum);
    const options = schema.anyOf ?? schema.oneOf;
    if (options !== undefined) return this.example(this.one(options), depth + 1);
    const type = Array.isArray(schema.type) ? this.one(schema.type) : schema.type;
    switch (type) {
      case 'object': {
        const { required = [] } = schema as { required?: string[] };
        const wanted = Object.entries(schema.properties ?? {})
          .filter(([name]) => required.includes(name) || (depth < 4 && this.random.next() < 0.3));
        return Object.fromEntries(wanted.map(([name, each]) => [name, this.example(each, depth + 1)]));
      }
      case 'array':
        return Array.from({ length: Math.max(schema.minItems ?? 0, this.random.integer(2)) },
          () => this.example(schema.items ?? {}, depth + 1));
      case 'integer': return schema.minimum ?? 1;
      case 'number': return schema.minimum ?? 1;
      case 'boolean': return this.random.next() < 0.5;
      case 'null': return null;
      default: return this.one(['web1', 'h1', 'h2', 'because', `n${this.random.integer(1000)}`]);
    }
  }

  private one<T>(all: readonly T[]): T {
    return all[this.random.integer(all.length)] as T;
  }
}
