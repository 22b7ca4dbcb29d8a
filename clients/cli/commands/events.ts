import type { CloudEvent } from '@holdfast/contracts';
import { parseCount } from '../arguments.js';
import { clockText } from '../output.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

/** `vm.started` of `io.holdfast.vm.started.v1`. */
function shortType({ type }: CloudEvent): string {
  return type.replace(/^io\.holdfast\./, '').replace(/\.v\d+$/, '');
}

export function eventLine(event: CloudEvent): string {
  return `${clockText(event.data.atMs)}  ${event.subject}  ${shortType(event)}  ${event.data.text}`;
}

interface EventsFlags extends JsonFlag {
  since?: number;
  filter?: string;
}

export const registerEvents: Register = (program, session) => {
  withJson(program.command('events'))
    .description('follow what happens, until Ctrl-C')
    .option('--follow', 'go on until interrupted (always so)')
    .option('--since <N>', 'begin with this sequence of the stream; 1 is the oldest', parseCount)
    .option('--filter <FILTER>', 'only these: vm, vm.web1, vm.*.started')
    .addHelpText(
      'after',
      `
With --json one object per line: {"sequence", "event"}, the event as CloudEvents 1.0.

Examples:
  holdfast events --follow --filter vm.web1
  holdfast events --follow --since 1 --json | jq .event.type`,
    )
    .action(async ({ json, since, filter }: EventsFlags) => {
      await session.client.followEvents({
        signal: session.io.interrupted,
        ...(since === undefined ? {} : { since }),
        ...(filter === undefined ? {} : { filter }),
        onEvent: (sequenced) => {
          if (json) session.output.jsonLine(sequenced);
          else session.output.line(eventLine(sequenced.event));
        },
      });
    });
};
