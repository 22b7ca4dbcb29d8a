import type { DrainView, HostView } from '@holdfast/client';
import { stuckChoices, type DrainPlan, type StuckChoice } from '@holdfast/contracts';
import { Option, type Command } from 'commander';
import { CommandFailure } from '../failure.js';
import { memoryText, spanText, type Output, type Tone } from '../output.js';
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
  const { vmCount, left, reason, stuck, state } = drain;
  const why = reason === '' ? '' : ` (${reason})`;
  output.line();
  if (state === 'drained' && left.length === 0) {
    output.line(`emptied of ${countText(vmCount)}${why}; it takes VMs again after \`holdfast host activate\``);
    return;
  }
  output.line(`being emptied of ${countText(vmCount)}${why}${restText(drain)}; VMs that cannot move: ${stuck}`);
  output.table(
    ['LEFT', 'WAITS FOR'],
    left.map(({ vm, text }) => [vm, text]),
    'no VM is left on it',
  );
}

const countText = (vms: number): string => `${vms} ${vms === 1 ? 'VM' : 'VMs'}`;

/** How much memory is left to be moved, and how long that takes as fast as it went so far. */
function restText({ progress, remainingMs }: DrainView): string {
  if (!progress || progress.leftVms === 0) return '';
  const { leftMiB, stuckMiB } = progress;
  const time = remainingMs === null || leftMiB === stuckMiB ? '' : `, about ${spanText(remainingMs)}`;
  return `, ${memoryText(leftMiB)} to go${time}`;
}

function leftText(drain: DrainView): string {
  const { left, progress } = drain;
  const count = Math.max(left.length, progress?.leftVms ?? 0);
  const shown = left.slice(0, shownLeft).map(({ vm, text }) => `${vm} ${text}`);
  const more = count > shown.length ? `; and ${count - shown.length} more` : '';
  return `${countText(count)} left${restText(drain)}: ${shown.join('; ')}${more}`;
}

interface DrainFlags extends WaitFlags {
  reason: string;
  stuck?: StuckChoice;
  dryRun?: boolean;
}

interface MaintenanceFlags extends DrainFlags {
  off?: boolean;
}

export type Following = Pick<WaitFlags, 'json' | 'timeout'>;

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

/** Sees it through until the host is empty, or works again. */
export async function followMaintenance(
  session: Session,
  name: string,
  on: boolean,
  flags: Following,
): Promise<Outcome> {
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

async function maintenance(session: Session, name: string, on: boolean, flags: DrainFlags): Promise<void> {
  if (flags.dryRun) {
    const plan = await session.client.drainPlan(name);
    if (flags.json) session.output.json(plan);
    else showPlan(session.output, plan);
    return;
  }
  if (on) await nameStuck(session, name, flags);
  const { reason, stuck } = flags;
  await session.client.maintenance(name, { on, reason, ...(stuck && { stuck }) });
  if (!flags.wait) {
    if (flags.json) session.output.json({ host: name, state: 'accepted' });
    else session.output.line(on ? `${name} is being emptied` : `${name} is going back to work`);
    return;
  }
  tell(session.output, await reached(session, name, on, flags), on, flags);
}

/** The host as asked for. @throws CommandFailure when the contrary was asked for meanwhile, or the time is over. */
export async function reached(session: Session, name: string, on: boolean, flags: Following): Promise<HostView> {
  const { host, state } = await followMaintenance(session, name, on, flags);
  if (state === 'reached') return host;
  if (state === 'turned') {
    throw new CommandFailure({ code: 'conflict', message: 'somebody has asked for the contrary meanwhile' });
  }
  throw new CommandFailure({
    code: 'timeout',
    message: `not within ${flags.timeout} s: ${progressText(name, host, on)}`,
    remedy: `it goes on; \`holdfast host show ${name}\` tells how`,
  });
}

/** Beforehand: whoever waits for a host to be empty should not learn at the end that it never will be. */
async function nameStuck({ client, io }: Session, name: string, { stuck = 'leave', json }: DrainFlags): Promise<void> {
  const plan = await client.drainPlan(name);
  if (json || plan.stuck.length === 0) return;
  for (const { vm, memoryMiB, text } of plan.stuck.slice(0, shownLeft)) {
    io.stderr.write(`cannot move as things are: ${vm} (${memoryText(memoryMiB)}): ${text}\n`);
  }
  const more = plan.stuck.length - shownLeft;
  if (more > 0) io.stderr.write(`cannot move as things are: ${more} more\n`);
  io.stderr.write(`--stuck ${stuck}: ${stuckChoices[stuck]}\n`);
}

function showPlan(output: Output, { host, totalMiB, moves, stuck, mibPerSecond, takesMs }: DrainPlan): void {
  const count = moves.length + stuck.length;
  if (count === 0) {
    output.line(`${host} holds no VM`);
    return;
  }
  const can = moves.length === 0 ? 'none can move' : `${moves.length} can move, the largest first`;
  output.line(`${host}: ${countText(count)}, ${memoryText(totalMiB)}; ${can}`);
  if (moves.length > 0) {
    output.table(
      ['VM', 'MEMORY', 'TO'],
      moves.map(({ vm, memoryMiB, to }) => [vm, memoryText(memoryMiB), to]),
      '',
    );
  }
  if (stuck.length > 0) {
    output.line();
    output.table(
      ['CANNOT MOVE', 'MEMORY', 'WHY'],
      stuck.map(({ vm, memoryMiB, text }) => [vm, memoryText(memoryMiB), text]),
      '',
    );
  }
  if (moves.length === 0) return;
  output.line();
  output.line(
    takesMs === null || mibPerSecond === null
      ? 'How long it takes is not known: no move was measured yet.'
      : `At ${Math.round(mibPerSecond)} MiB/s for each move, as measured lately: about ${spanText(takesMs)}.`,
  );
}

function tell(output: Output, { host, admin, drain }: HostView, on: boolean, flags: WaitFlags): void {
  if (flags.json) output.json({ host, admin, drain });
  else if (!on) output.line(`${host} takes VMs again`);
  else {
    const moved = drain?.vmCount ?? 0;
    const told = moved === 0 ? 'it was empty' : `${countText(moved)} ${moved === 1 ? 'has' : 'have'} left it`;
    output.line(`${host} is in maintenance; ${told}`);
    const down = drain?.shutDown ?? [];
    if (down.length > 0) output.line(`shut down, as they could not move: ${down.join(', ')}`);
  }
}

export const stuckOption = (): Option =>
  new Option('--stuck <WHAT>', 'VMs that cannot move: leave them there, shut them down, or restart them elsewhere')
    .choices(Object.keys(stuckChoices));

function withDrain(command: Command): Command {
  return withWait(command)
    .argument('<NAME>', 'the host')
    .option('--reason <TEXT>', 'why, for those who ask', '')
    .option('--wait', 'end when it is done', true)
    .addOption(stuckOption())
    .option('--dry-run', 'show the order, the targets and who cannot move, and change nothing');
}

export function registerMaintenance(group: Command, session: Session): void {
  withDrain(group.command('drain'))
    .description('empty a host and keep it empty, through reboots too; the same as `host maintenance`')
    .addHelpText(
      'after',
      `
Running VMs move without being stopped, few at a time, the largest first. Those that cannot are named beforehand;
--stuck says what becomes of them:
  leave     ${stuckChoices.leave}
  shutdown  ${stuckChoices.shutdown}
  restart   ${stuckChoices.restart}

Examples:
  holdfast host drain h2 --dry-run
  holdfast host drain h2 --stuck shutdown --reason "new memory"
  holdfast host activate h2          # also while it is being drained: who has not left yet stays`,
    )
    .action((name: string, flags: DrainFlags) => maintenance(session, name, true, flags));
  withWait(group.command('activate'))
    .description('let a host work again, or cancel its drain; VMs that it was drained of come back')
    .argument('<NAME>', 'the host')
    .option('--wait', 'end when it is done', true)
    .action((name: string, flags: WaitFlags) => maintenance(session, name, false, { ...flags, reason: '' }));
  withDrain(group.command('maintenance'))
    .description('empty a host and keep it empty, through reboots too; or let it work again')
    .option('--off', 'let it take VMs again; those that it was drained of come back')
    .addHelpText(
      'after',
      `
Running VMs move without being stopped, few at a time. One that cannot move stays, and its reason is told.

Examples:
  holdfast host maintenance h2 --reason "new memory"
  holdfast host maintenance h2 --off`,
    )
    .action((name: string, flags: MaintenanceFlags) => maintenance(session, name, flags.off !== true, flags));
}
