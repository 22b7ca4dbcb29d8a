import type { HostView } from '@holdfast/client';
import type { Command } from 'commander';
import { CommandFailure } from '../failure.js';
import type { Output, Tone } from '../output.js';
import { Progress } from '../progress.js';
import { withWait, type Session, type WaitFlags } from '../session.js';

const shownLeft = 20;

/** What a person has decided about a host, and how far that is; `active` when nothing is. */
export function adminText(output: Output, { admin, drain, observed }: HostView): string {
  const [text, tone] = adminOf(admin, drain);
  return output.tone(observed?.leaving === true ? `${text}, going down` : text, tone);
}

function adminOf(admin: HostView['admin'], drain: HostView['drain']): [string, Tone] {
  if (drain?.state === 'draining') return [`draining, ${drain.left.length} left`, 'busy'];
  if (drain?.state === 'ending') return ['ending maintenance', 'busy'];
  return [admin, admin === 'maintenance' ? 'busy' : 'plain'];
}

/** What is left on the host, and what each VM waits for. */
export function showDrain(output: Output, { drain }: HostView): void {
  if (!drain) return;
  const { vmCount, left, reason } = drain;
  const why = reason === '' ? '' : ` (${reason})`;
  output.line();
  output.line(`being emptied of ${vmCount} ${vmCount === 1 ? 'VM' : 'VMs'}${why}`);
  output.table(
    ['LEFT', 'WAITS FOR'],
    left.map(({ vm, text }) => [vm, text]),
    'no VM is left on it',
  );
}

function leftText({ left }: NonNullable<HostView['drain']>): string {
  const shown = left.slice(0, shownLeft).map(({ vm, text }) => `${vm} ${text}`);
  const more = left.length > shown.length ? `; and ${left.length - shown.length} more` : '';
  return `${left.length} ${left.length === 1 ? 'VM' : 'VMs'} left: ${shown.join('; ')}${more}`;
}

interface MaintenanceFlags extends WaitFlags {
  off?: boolean;
  reason: string;
}

interface Outcome {
  host: HostView;
  /** As asked for, the contrary was asked for meanwhile, or neither within the time. */
  state: 'reached' | 'turned' | 'late';
}

const isEmpty = ({ admin, drain }: HostView): boolean => admin === 'maintenance' && drain?.state === 'drained';
const isWorking = ({ admin, drain }: HostView): boolean => admin === 'active' && drain === null;
const isWantedEmpty = ({ drain }: HostView): boolean => drain?.state === 'draining' || drain?.state === 'drained';

function progressText(name: string, { drain }: HostView, on: boolean): string {
  if (!on) return `${name}: going back to work`;
  return `${name}: ${drain && drain.left.length > 0 ? leftText(drain) : 'being emptied'}`;
}

async function follow(session: Session, name: string, on: boolean, flags: WaitFlags): Promise<Outcome> {
  const isThere = on ? isEmpty : isWorking;
  // What the API shows may be a moment behind: only what was seen as asked for can have been turned.
  let wasSeen = false;
  const isTurned = (host: HostView): boolean => {
    if (isWantedEmpty(host) === on) wasSeen = true;
    return wasSeen && isWantedEmpty(host) !== on;
  };
  const progress = new Progress(session.io, flags.json === true);
  try {
    const host = await session.client.waitForHost(name, (each) => isThere(each) || isTurned(each), {
      timeoutMs: flags.timeout * 1000,
      signal: session.io.interrupted,
      onProgress: (each) => progress.say(progressText(name, each, on)),
    });
    return { host, state: isThere(host) ? 'reached' : isTurned(host) ? 'turned' : 'late' };
  } catch (error) {
    if (!session.io.interrupted.aborted) throw error;
    throw new CommandFailure({
      code: 'interrupted',
      message: 'interrupted; what was asked for goes on',
      remedy: `\`holdfast host show ${name}\` tells what is left`,
    });
  } finally {
    progress.end();
  }
}

async function maintenance(session: Session, name: string, flags: MaintenanceFlags): Promise<void> {
  const on = flags.off !== true;
  await session.client.maintenance(name, { on, reason: flags.reason });
  if (!flags.wait) {
    if (flags.json) session.output.json({ host: name, state: 'accepted' });
    else session.output.line(on ? `${name} is being emptied` : `${name} is going back to work`);
    return;
  }
  const { host, state } = await follow(session, name, on, flags);
  if (state === 'reached') {
    tell(session.output, host, on, flags);
    return;
  }
  if (state === 'turned') {
    throw new CommandFailure({ code: 'conflict', message: 'somebody has asked for the contrary meanwhile' });
  }
  throw new CommandFailure({
    code: 'timeout',
    message: `not within ${flags.timeout} s: ${progressText(name, host, on)}`,
    remedy: `it goes on; \`holdfast host show ${name}\` tells how`,
  });
}

function tell(output: Output, { host, admin, drain }: HostView, on: boolean, flags: WaitFlags): void {
  if (flags.json) output.json({ host, admin, drain });
  else if (!on) output.line(`${host} takes VMs again`);
  else {
    const moved = drain?.vmCount ?? 0;
    const told = moved === 0 ? 'it was empty' : moved === 1 ? '1 VM has left it' : `${moved} VMs have left it`;
    output.line(`${host} is in maintenance; ${told}`);
  }
}

export function registerMaintenance(group: Command, session: Session): void {
  withWait(group.command('maintenance'))
    .description('empty a host and keep it empty, through reboots too; or let it work again')
    .argument('<NAME>', 'the host')
    .option('--off', 'let it take VMs again; those that it was drained of come back')
    .option('--reason <TEXT>', 'why, for those who ask', '')
    .option('--wait', 'end when it is done', true)
    .addHelpText(
      'after',
      `
Running VMs move without being stopped, few at a time. One that cannot move stays, and its reason is told.

Examples:
  holdfast host maintenance h2 --reason "new memory"
  holdfast host maintenance h2 --off`,
    )
    .action((name: string, flags: MaintenanceFlags) => maintenance(session, name, flags));
}
