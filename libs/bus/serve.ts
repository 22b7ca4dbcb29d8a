import { refusalOf, refusalSchema, refused, type Command, type Reply } from '@holdfast/contracts';
import { InvariantError } from '@holdfast/kernel';
import { z } from 'zod';
import { BusError, type RequestContext } from './bus.js';
import { requestContext } from './context.js';
import { checked, crash, parseJson, type ReportProblem } from './codec.js';

/** Requests a server works on at once for one command; more are refused as `unavailable`. */
const inFlightMax = 256;

const failure = { ok: false, failed: true } as const;
const wireReplySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), refusal: refusalSchema }),
  z.object({ ok: z.literal(false), failed: z.literal(true) }),
]);

export type Handler<Request, Value> = (
  request: Request,
  context: RequestContext,
) => Promise<Reply<Value>>;

/** The serving side of a command: text in, text out, never rejects. */
export class Responder<Request, Value> {
  #inFlight = 0;

  constructor(
    private readonly contract: Command<Request, Value>,
    private readonly handler: Handler<Request, Value>,
    private readonly report: ReportProblem,
  ) {}

  async answer(text: string, context: RequestContext): Promise<string> {
    if (this.#inFlight >= inFlightMax) {
      return JSON.stringify(
        refused('unavailable', `${this.contract.name}: too many requests at once`, { remedy: 'try again' }),
      );
    }
    this.#inFlight += 1;
    try {
      return JSON.stringify(await this.#reply(text, context));
    } catch (error) {
      if (error instanceof InvariantError) crash(error);
      this.report({ what: 'handler-failed', where: this.contract.name, error });
      return JSON.stringify(failure);
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #reply(text: string, context: RequestContext): Promise<Reply<Value>> {
    let body: unknown;
    try {
      body = parseJson(text, this.contract.name);
    } catch {
      return refused('invalid', 'request: not JSON', { field: 'request' });
    }
    const request = this.contract.request.safeParse(body);
    if (!request.success) return { ok: false, refusal: refusalOf(request.error) };
    const reply = await requestContext.run(context, () => this.handler(request.data, context));
    if (!reply.ok) return reply;
    return { ok: true, value: checked(this.contract.value, reply.value, this.contract.name) };
  }
}

/** The calling side. @throws BusError `internal` when the handler failed, `invalid` when the reply fits no schema. */
export function readReply<Request, Value>(
  contract: Command<Request, Value>,
  text: string,
): Reply<Value> {
  const reply = checked(wireReplySchema, parseJson(text, contract.name), contract.name);
  if (reply.ok) return { ok: true, value: checked(contract.value, reply.value, contract.name) };
  if ('failed' in reply) {
    throw new BusError('internal', `${contract.name}: its handler failed; ${contract.service} logged why`);
  }
  return reply;
}
