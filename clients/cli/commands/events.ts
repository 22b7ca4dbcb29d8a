import { traceIdOf, type CloudEvent } from '@holdfast/contracts';
import type { Command } from 'commander';
import { parseSince } from '../arguments.js';
import { clockText, type OutputFormat } from '../output.js';
import { readClientFile } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

/** `vm.started` of `io.holdfast.vm.started.v1`. */
function shortType({ type }: CloudEvent): string {
  return type.replace(/^io\.holdfast\./, '').replace(/\.v\d+$/, '');
}

/** Wide, with the trace of the request that caused it. */
export function eventLine(event: CloudEvent, format: OutputFormat): string {
  const traceId = format === 'wide' ? traceIdOf(event.traceparent) : null;
  const trace = traceId === null ? '' : `  (${traceId})`;
  return `${clockText(event.data.atMs)}  ${event.subject}  ${shortType(event)}  ${event.data.text}${trace}`;
}

interface EventsFlags extends JsonFlag {
  follow?: boolean;
  since?: number | string;
  filter?: string;
}

/** What `up` keeps for somebody who reads events from NATS: the files, never the secret itself. */
function credentials({ io, output }: Session, isJson: boolean): void {
  const { events } = readClientFile(io.env);
  if (!events) {
    throw new CommandFailure({
      code: 'no-connection',
      message: 'this system was started before there were credentials for events',
      remedy: 'start it again with ./holdfast up',
    });
  }
  if (isJson) {
    output.json(events);
    return;
  }
  output.line(`servers       ${events.servers.join(', ')}`);
  output.line(`authority     ${events.caFile}`);
  output.line(`nkey seed     ${events.seedFile}`);
  output.line(`inbox prefix  ${events.inboxPrefix}`);
  output.line();
  output.line('Whoever has this seed may read evt.v1.> and the stream EVENTS, and nothing else.');
}

export const registerEvents: Register = (program, session) => {
  const events = program.command('events');
  withJson(events.command('credentials'))
    .description('where the NATS credentials are that may only read events')
    .action((_: unknown, command: Command) => credentials(session, command.optsWithGlobals<JsonFlag>().json === true));
  withJson(events)
    .description('what happened, the oldest first; with --follow also what happens, until Ctrl-C')
    .option('--follow', 'go on until interrupted; without --since, only with what is new')
    .option('--since <WHEN>', 'from then on: 2h, 3d, 2026-01-31T12:00:00Z, or a sequence of the stream', parseSince)
    .option('--filter <FILTER>', 'only these: vm, vm.web1, vm.*.started')
    .addHelpText(
      'after',
      `
With --json one object per line: {"sequence", "event"}, the event as CloudEvents 1.0.

Examples:
  holdfast events --follow --filter vm.web1
  holdfast events --since 2h --filter host
  holdfast events --follow --since 1 --json | jq .event.type`,
    )
    .action(async ({ json, follow = false, since, filter }: EventsFlags) => {
      await session.client.followEvents({
        signal: session.io.interrupted,
        follow,
        ...(since === undefined ? {} : { since }),
        ...(filter === undefined ? {} : { filter }),
        onEvent: (sequenced) => {
          if (json) session.output.jsonLine(sequenced);
          else session.output.line(eventLine(sequenced.event, session.output.format));
        },
      });
    });
};
