import { randomUUID } from 'node:crypto';
import type { paths } from './generated/api.js';
import { Transport, type Call, type Connection } from './transport.js';

/*
 * The routes of the API as its OpenAPI document describes them: which there are, what each takes, and what it answers.
 */

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Described<V extends Verb, P extends keyof paths> = paths[P] extends Record<V, infer Operation> ? Operation : never;
type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : never;

/** The paths that have a route for this verb. */
export type PathOf<V extends Verb> = {
  [P in keyof paths]: [Described<V, P>] extends [never] ? never : P;
}[keyof paths];

/** What a route answers when it does what it is asked to: where something is under way then, that it is. */
export type AnswerOf<V extends Verb, P extends keyof paths> =
  Described<V, P> extends { responses: infer Responses }
    ? Responses extends { 202: infer Accepted }
      ? Json<Accepted>
      : { [Status in keyof Responses]: Status extends 200 | 201 ? Json<Responses[Status]> : never }[keyof Responses]
    : never;

type PathParameters<O> = O extends { parameters: { path: infer Path } } ? { path: Path } : { path?: never };
type Query<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q | undefined } : { query?: never };
type Body<O> = O extends { requestBody: infer Content }
  ? { body: Json<Content> }
  : O extends { requestBody?: infer Content } ? { body?: Json<NonNullable<Content>> } : { body?: never };

/** What a route takes. */
export type AskedOf<V extends Verb, P extends keyof paths> =
  PathParameters<Described<V, P>> & Query<Described<V, P>> & Body<Described<V, P>>;

export interface ChangeOptions {
  /** The same key and the same request are the same operation. Left out, a new one is made. */
  idempotencyKey?: string;
  timeoutMs?: number;
  /** The `ETag` of what was read, with or without its quotes: changed since, it is refused (`precondition-failed`). */
  ifMatch?: string;
  /** Nothing is changed: the method throws `OnlyTried`, with what would come of it. */
  dryRun?: boolean;
}

/** Thrown in place of the answer that a change would have had. */
export class OnlyTried extends Error {
  override readonly name = 'OnlyTried';

  constructor(readonly answer: unknown) {
    super('only tried: nothing was changed');
  }
}

interface Asked {
  path?: unknown;
  query?: unknown;
  body?: unknown;
}

/** Asks one cluster, route by route. */
export class Routes {
  protected readonly transport: Transport;

  /** @param usual how changes are asked for that do not say otherwise. */
  constructor(connection: Connection, private readonly usual: Pick<ChangeOptions, 'ifMatch' | 'dryRun'> = {}) {
    this.transport = new Transport(connection);
  }

  get baseUrl(): string {
    return this.transport.baseUrl;
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  protected get<P extends PathOf<'get'>>(
    path: P, asked: AskedOf<'get', P>, more: Pick<Call, 'signal' | 'timeoutMs'> = {},
  ): Promise<AnswerOf<'get', P>> {
    return this.transport.call({ ...callOf('GET', path, asked), ...more });
  }

  protected post<P extends PathOf<'post'>>(
    path: P, asked: AskedOf<'post', P>, options?: ChangeOptions,
  ): Promise<AnswerOf<'post', P>> {
    return this.change('POST', path, asked, options);
  }

  protected put<P extends PathOf<'put'>>(
    path: P, asked: AskedOf<'put', P>, options?: ChangeOptions,
  ): Promise<AnswerOf<'put', P>> {
    return this.change('PUT', path, asked, options);
  }

  protected delete<P extends PathOf<'delete'>>(
    path: P, asked: AskedOf<'delete', P>, options?: ChangeOptions,
  ): Promise<AnswerOf<'delete', P>> {
    return this.change('DELETE', path, asked, options);
  }

  private async change<T>(method: Call['method'], path: string, asked: Asked, options: ChangeOptions = {}): Promise<T> {
    const { timeoutMs, ifMatch, dryRun, idempotencyKey = randomUUID() } = { ...this.usual, ...options };
    const call = callOf(method, path, asked);
    const answer = await this.transport.call<T>({
      ...call,
      idempotencyKey,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(ifMatch !== undefined && { headers: { 'if-match': /^".*"$/.test(ifMatch) ? ifMatch : `"${ifMatch}"` } }),
      ...(dryRun && { query: { ...call.query, dryRun: 'true' } }),
    });
    if (dryRun) throw new OnlyTried(answer);
    return answer;
  }
}

function callOf(method: Call['method'], template: string, { path, query, body }: Asked): Call {
  const names = (path ?? {}) as Record<string, string>;
  const filled = template.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(names[name] ?? ''));
  return {
    method,
    path: filled.replace(/^\/api\/v1/, ''),
    ...(query !== undefined && { query: query as NonNullable<Call['query']> }),
    ...(body !== undefined && { body }),
  };
}
