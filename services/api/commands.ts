import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { BusError, type Bus } from '@holdfast/bus';
import type { Command, Reply } from '@holdfast/contracts';
import type { Request } from 'express';
import { whatThereIs } from './http/near-names.js';
import { Problem, problemOfBusError, problemOfRefusal } from './http/problem.js';
import type { ClusterView } from './cluster-view.js';
import { namesOfImages } from './images.js';
import type { ProjectScope } from './project-scope.js';

const commandTimeoutMs = 5000;
/** While the servers of the bus elect who leads a stream, for 4 to 9 s, its owner cannot store a change. */
const usualPatience = { forMs: 10_000, everyMs: 500 };
const idempotencyKeyPattern = /^[\x21-\x7e]{1,200}$/;

/** JSON with sorted keys: the same body in another order is the same request. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * The operation's id. With an `Idempotency-Key` it is derived from the key and the request, so that
 * the same request sent again, to whichever replica, is the same operation; the same key with
 * another request is another one.
 */
export function operationId(
  key: string | undefined,
  request: { method: string; path: string; body: unknown },
): string {
  if (key === undefined) return `op-${randomUUID().replaceAll('-', '')}`;
  if (!idempotencyKeyPattern.test(key)) {
    throw new Problem('invalid', 'Idempotency-Key: use 1 to 200 visible characters', {
      field: 'Idempotency-Key',
      remedy: 'send a random UUID, and the same one again when you repeat the request',
    });
  }
  const cause = canonical([key, request.method, request.path, request.body ?? null]);
  return `op-${createHash('sha256').update(cause).digest('hex').slice(0, 32)}`;
}

/** The same, of a request as it came, with what its path and body were understood as. */
export function operationOf(request: Request, body: object): string {
  const { method, path } = request;
  return operationId(request.get('idempotency-key'), { method, path, body });
}

/** What a command is about, for the names that are near a wrong one. */
interface About {
  vm?: string;
  host?: string | null;
  rule?: string;
  network?: string;
  /** Of a VM, or of a rule. */
  spec?: object;
}

/**
 * Commands to the owners of the records. What they refuse, and what the bus cannot bring, becomes
 * a `Problem`.
 */
export class Commands {
  constructor(
    private readonly bus: Bus,
    private readonly view: ClusterView,
    private readonly patience = usualPatience,
  ) {}

  /** What an owner cannot do now is asked for again, for a while: however often it comes, it is carried out once. */
  async send<RequestBody, Value>(
    contract: Command<RequestBody, Value>,
    request: RequestBody & About,
    options: { requestId: string; node?: string; scope?: ProjectScope },
  ): Promise<Value> {
    const { forMs, everyMs } = this.patience;
    const endMs = performance.now() + forMs;
    let reply = await this.ask(contract, request, options);
    while (!reply.ok && reply.refusal.code === 'unavailable' && performance.now() + everyMs < endMs) {
      await sleep(everyMs);
      reply = await this.ask(contract, request, options);
    }
    if (reply.ok) return reply.value;
    const problem = problemOfRefusal(reply.refusal);
    const { scope } = options;
    const told = problem.code === 'not-found' ? this.withNearNames(problem, request, scope) : problem;
    throw scope?.problem(told, request.vm === undefined ? [] : [request.vm]) ?? told;
  }

  private ask<RequestBody, Value>(
    contract: Command<RequestBody, Value>,
    request: RequestBody,
    options: { requestId: string; node?: string },
  ): Promise<Reply<Value>> {
    const context = { requestId: options.requestId };
    return this.bus
      .request(contract, options.node ?? null, request, { timeoutMs: commandTimeoutMs, context })
      .catch((error: unknown) => {
        throw error instanceof BusError ? problemOfBusError(error, contract.service) : error;
      });
  }

  /** An owner knows that a thing is unknown; the API knows what there is instead. */
  private withNearNames(problem: Problem, request: About, scope: ProjectScope | undefined): Problem {
    const { host, vm, rule, network, spec = {} } = request;
    // Of what a VM has its owner knows the names.
    if (problem.more.field === 'nic' || problem.more.field === 'volume') return problem;
    if (network !== undefined && vm === undefined) {
      const near = whatThereIs('network', network, this.view.presentNetworks().map(({ name }) => name));
      return new Problem('not-found', problem.message, { ...problem.more, ...near });
    }
    if (problem.more.field === 'image' && 'image' in spec && typeof spec.image === 'string') {
      const near = whatThereIs('image', spec.image, namesOfImages(this.view));
      return new Problem('not-found', problem.message, { ...problem.more, ...near });
    }
    const [noun, name, names] =
      problem.more.field === 'host' || (vm === undefined && rule === undefined)
        ? (['host', host, this.view.hosts.keys()] as const)
        : vm === undefined
          ? (['rule', rule, this.view.presentRules().map(({ id }) => id)] as const)
          : (['VM', vm, scope?.names() ?? this.view.presentVms().map((each) => each.name)] as const);
    if (name === undefined || name === null) return problem;
    return new Problem('not-found', problem.message, {
      ...problem.more,
      ...whatThereIs(noun, name, names),
    });
  }
}

/** A name in a path that nothing has. */
export function unknown(noun: string, name: string, names: readonly string[]): Problem {
  return new Problem('not-found', `there is no ${noun} ${JSON.stringify(name.slice(0, 100))}`, {
    ...whatThereIs(noun, name.slice(0, 100), names),
  });
}
