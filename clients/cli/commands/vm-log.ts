import { setTimeout } from 'node:timers/promises';
import type { CloudEvent } from '@holdfast/contracts';
import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { clockText } from '../output.js';
import { withJson, type JsonFlag, type Session } from '../session.js';

const consoleBytes = 65_536;
const consolePollMs = 1000;
/** So much of what was printed is looked for in the next piece of the console. */
const overlapLength = 512;

interface LogFlags extends JsonFlag {
  console?: boolean;
  follow?: boolean;
}

/** What `next` has after the end of `before`; all of it when that end is not there any more. */
export function newPart(before: string, next: string): string {
  const end = before.slice(-overlapLength);
  const at = end === '' ? -1 : next.lastIndexOf(end);
  return at < 0 ? next : next.slice(at + end.length);
}

async function showConsole(session: Session, name: string, flags: LogFlags): Promise<void> {
  const { client, output, io } = session;
  if (flags.json && flags.follow) {
    throw new UsageError('a followed console is text', 'leave --json or --follow out');
  }
  let { text, ...rest } = await client.console(name, consoleBytes);
  if (flags.json) {
    output.json({ ...rest, text });
    return;
  }
  output.raw(text);
  if (!flags.follow) {
    if (text !== '' && !text.endsWith('\n')) output.line();
    return;
  }
  for (;;) {
    await setTimeout(consolePollMs, undefined, { signal: io.interrupted }).catch(() => undefined);
    if (io.interrupted.aborted) return;
    const next = await client.console(name, consoleBytes);
    output.raw(newPart(text, next.text));
    text = next.text;
  }
}

function line(event: CloudEvent): string {
  return `${clockText(event.data.atMs)}  ${event.data.text}`;
}

async function followLog(session: Session, name: string, flags: LogFlags): Promise<void> {
  const { client, output, io } = session;
  const printed = new Set<string>();
  const print = (event: CloudEvent): void => {
    if (printed.has(event.id)) return;
    printed.add(event.id);
    if (flags.json) output.jsonLine(event);
    else output.line(line(event));
  };
  // What comes while the history is fetched waits until that is printed.
  let early: CloudEvent[] | null = [];
  const history = await client.vmEvents(name);
  await client.followEvents({
    filter: `vm.${name}`,
    signal: io.interrupted,
    onEvent: ({ event }) => {
      if (early) early.push(event);
      else print(event);
    },
    onOpen: () => {
      // Fetched once more, now that nothing can be missed between the two.
      void client
        .vmEvents(name)
        .then(
          (events) => events.forEach(print),
          () => history.forEach(print),
        )
        .finally(() => {
          early?.forEach(print);
          early = null;
        });
    },
  });
}

async function showLog(session: Session, name: string, flags: LogFlags): Promise<void> {
  if (flags.console) return showConsole(session, name, flags);
  if (flags.follow) return followLog(session, name, flags);
  const events = await session.client.vmEvents(name);
  if (flags.json) session.output.json({ vm: name, events });
  else for (const event of events) session.output.line(line(event));
}

export function registerVmLog(group: Command, session: Session): void {
  withJson(group.command('log'))
    .description('what happened to a VM, or what its serial console said')
    .argument('<NAME>', 'the VM')
    .option('--console', 'the end of its serial console')
    .option('--follow', 'go on until Ctrl-C')
    .action((name: string, flags: LogFlags) => showLog(session, name, flags));
}
