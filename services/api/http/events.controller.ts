import { Controller, Get, Inject, Query, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import { BusError } from '@holdfast/bus';
import type { CloudEvent } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { bearerOf, Identity } from '../auth/identity.js';
import { projectsFor, type Principal } from '../auth/principal.js';
import { tooMany } from '../auth/rate-limit.js';
import { signedIn } from '../auth/session.controllers.js';
import { ClusterView } from '../cluster-view.js';
import { EventFanout, frameOf, type Listener } from '../events/event-fanout.js';
import { scopeOf, type ProjectScope } from '../project-scope.js';
import { EventStream } from './event-stream.js';
import { parsed } from './parse.js';
import { Problem, problemOfBusError } from './problem.js';

/** Each costs a connection and what it has not read yet; `edge.ts` lets more connect. */
const maxStreams = 2000;
/** One person, or one program, leaves room for the others. The machine's own token is many programs' at once. */
const maxStreamsOfOne = 100;
const tryAgainMs = 5000;

const subjectPattern = /^(?:evt\.v1\.)?([a-z-]+|\*)(\.([a-z0-9-]+|\*))?(\.([a-z-]+|\*|>))?$/;
export const eventsQuerySchema = z.strictObject({
  since: z
    .union([z.coerce.number().int().min(0), z.iso.datetime({ offset: true })],
      'give a sequence of the stream, or a moment such as 2026-01-31T12:00:00Z')
    .optional(),
  follow: z.enum(['true', 'false']).default('true').describe('`false`: end after what there is.'),
  filter: z.string().max(150).regex(subjectPattern, 'this is not a filter for events').optional(),
});

/** `vm` becomes `evt.v1.vm.>`, `vm.web1` becomes `evt.v1.vm.web1.>`. */
export function eventFilter(filter: string | undefined): string {
  if (filter === undefined) return 'evt.v1.>';
  const tokens = filter.replace(/^evt\.v1\./, '').split('.');
  return ['evt.v1', ...tokens, ...(tokens.length < 3 && tokens.at(-1) !== '>' ? ['>'] : [])].join(
    '.',
  );
}

/** What the client has already, from the header that browsers send when they reconnect. */
function lastEventId(request: Request): number | null {
  const header = request.get('last-event-id');
  if (header === undefined || header === '') return null;
  const sequence = Number(header);
  if (Number.isSafeInteger(sequence) && sequence >= 0) return sequence;
  throw new Problem('invalid', 'Last-Event-ID: this is not a sequence number of the stream', {
    field: 'Last-Event-ID',
    remedy: 'send the `id` of the last event received, or leave the header out',
  });
}

/** Where somebody sees events, to tell whether that has changed. */
function sight(principal: Principal | null): string | null {
  if (!principal) return null;
  const where = projectsFor(principal, 'event.read');
  return where === 'all' ? where : JSON.stringify([...where].sort());
}

/** All who see everything are sent the same bytes. */
function listenerOf(
  { filter, from, follows }: { filter: string; from: Date | null; follows: boolean },
  scope: ProjectScope,
  stream: EventStream,
): Listener {
  const isLate = ({ time }: CloudEvent): boolean => from === null || Date.parse(time) >= from.getTime();
  const shared = { filter, ...(!follows && { onCaughtUp: () => stream.finish() }) };
  if (scope.isAll) return { ...shared, sees: isLate, onEvent: (frame) => stream.send(frame) };
  return {
    ...shared,
    sees: (event) => isLate(event) && scope.hasEvent(event),
    onEvent: (_frame, sequence, event) => stream.send(frameOf(scope.event(event), sequence)),
  };
}

/**
 * The event stream as server-sent events: `id` is the place in the stream, `data` the CloudEvent.
 */
@Controller('api/v1/events')
export class EventsController implements OnModuleDestroy {
  /** Whose each is. */
  private readonly streams = new Map<EventStream, string>();

  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(EventFanout) private readonly events: EventFanout,
    @Inject(Identity) private readonly identity: Identity,
  ) {}

  @Get()
  async follow(
    @Query() query: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { since, filter, follow } = parsed(eventsQuerySchema, query);
    const last = lastEventId(request);
    if (this.streams.size >= maxStreams) {
      throw new Problem('unavailable', `${maxStreams} event streams are open already`, {
        remedy: 'close one that is not needed, or try again later',
      });
    }
    const principal = signedIn(request);
    const { id } = principal;
    const own = [...this.streams.values()].filter((each) => each === id).length;
    if (principal.kind !== 'local' && own >= maxStreamsOfOne) {
      throw tooMany(`${maxStreamsOfOne} event streams of yours are open already`, tryAgainMs);
    }
    const bearer = bearerOf(request) ?? '';
    const seen = sight(principal);
    const stream = new EventStream(response, async () => sight(await this.identity.principalOf(bearer)) === seen);
    this.streams.set(stream, id);
    response.once('close', () => this.streams.delete(stream));
    try {
      const start = typeof since === 'string' ? new Date(since) : since;
      const from = start instanceof Date ? start : null;
      const follows = follow === 'true';
      const listener = listenerOf({ filter: eventFilter(filter), from, follows }, scopeOf(this.view, request), stream);
      const begin = start ?? (follows ? 'new' : 1);
      const subscription = await this.events.follow(listener, last === null ? begin : last + 1);
      // Only now is nothing missed any more, and only now the client is told so.
      stream.open(subscription);
    } catch (error) {
      this.streams.delete(stream);
      throw error instanceof BusError ? problemOfBusError(error, 'event stream') : error;
    }
  }

  async onModuleDestroy(): Promise<void> {
    for (const stream of this.streams.keys()) stream.end();
    await this.events.close();
  }
}
