/** Rolling maintenance: one failure domain after the other is emptied, worked on, and put back to work. */
import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { HostView, VmView } from '@holdfast/client';
import type { StuckChoice } from '@holdfast/contracts';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure, explain, UsageError } from '../failure.js';
import { Progress } from '../progress.js';
import { domainsOf, type Domain, type Selection } from '../roll.js';
import { withJson, type Session } from '../session.js';
import { requireWithin } from '../within.js';
import { reached, stuckOption } from './host-maintenance.js';

interface RollFlags extends Selection {
  command?: string;
  stuck?: StuckChoice;
  settle: number;
  timeout: number;
  waitForRoom: number;
  dryRun?: boolean;
  json?: boolean;
}

interface Done {
  domain: string;
  hosts: string[];
  seconds: number;
}

/** Between two looks at something that people or other hosts have to change. */
const lookPauseMs = 2000;

class Roll {
  private readonly done: Done[] = [];
  /** Those that run when it begins: after each domain they run again. */
  private wellBefore = new Set<string>();
  /** Whether anything has been done to the domain in hand. */
  private hasBegun = false;

  constructor(
    private readonly session: Session,
    private readonly flags: RollFlags & { command: string },
  ) {}

  async run(domains: readonly Domain[]): Promise<void> {
    const { output } = this.session;
    this.wellBefore = new Set((await this.vms()).filter(isWell).map(({ name }) => name));
    for (const [index, domain] of domains.entries()) {
      const startMs = performance.now();
      try {
        await this.work(domain);
      } catch (error) {
        throw this.stopped(error, domain, domains[index + 1] ?? null);
      }
      const seconds = Math.round((performance.now() - startMs) / 1000);
      this.done.push({ domain: domain.name, hosts: domain.hosts, seconds });
      this.say(`${domain.name}: done, ${index + 1} of ${domains.length}, in ${seconds} s`);
    }
    if (this.flags.json) output.json({ done: this.done });
  }

  private async work({ name, hosts }: Domain): Promise<void> {
    const { client } = this.session;
    const { stuck, timeout, json } = this.flags;
    const following = { timeout, ...(json && { json }) };
    this.hasBegun = false;
    await this.proveCapacity(name, hosts);
    this.hasBegun = true;
    for (const host of hosts) {
      await client.maintenance(host, { on: true, reason: 'rolling maintenance', ...(stuck && { stuck }) });
    }
    for (const host of hosts) await reached(this.session, host, true, following);
    this.say(`${name}: empty`);
    for (const host of hosts) await this.command(host);
    for (const host of hosts) await this.settled(host);
    for (const host of hosts) await client.maintenance(host, { on: false });
    for (const host of hosts) await reached(this.session, host, false, following);
    await this.allWell(name);
  }

  /** With this domain away, all VMs return from the loss of any other host: or it is not begun. */
  private async proveCapacity(name: string, hosts: readonly string[]): Promise<void> {
    const deadlineMs = performance.now() + this.flags.waitForRoom * 1000;
    const progress = this.progress();
    try {
      for (;;) {
        const { verdict, losses } = await this.session.client.capacity(undefined, hosts);
        if (verdict === 'all-return') return;
        const loss = losses.find((each) => each.verdict !== 'all-return');
        const who = loss?.losers.map(({ vm, why }) => `${vm} (${why})`).slice(0, 5).join('; ');
        const told = who === undefined || who === '' ? '' : `: ${who}`;
        const what = loss ? `with ${name} away, a loss of ${loss.lost} is not survived${told}` : 'it is not proven';
        if (performance.now() >= deadlineMs) {
          const remedy = 'free or add room, or wait for it (--wait-for-room SECONDS); `holdfast capacity --away` tells';
          throw new CommandFailure({ code: 'no-capacity', message: what, remedy });
        }
        progress.say(`${name}: waiting, ${what}`);
        await this.pause(lookPauseMs);
      }
    } finally {
      progress.end();
    }
  }

  /** What it prints is shown, beside the result of this program. */
  private async command(host: string): Promise<void> {
    const { io } = this.session;
    this.say(`${host}: ${this.flags.command}`);
    const child = spawn(this.flags.command, {
      shell: true,
      env: { ...io.env, HOLDFAST_HOST: host },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: io.interrupted,
    });
    child.stdout.on('data', (piece: Buffer) => io.stderr.write(piece));
    child.stderr.on('data', (piece: Buffer) => io.stderr.write(piece));
    const ended = await new Promise<string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killed) =>
        resolve(code === 0 ? null : code === null ? `by ${killed}` : `with ${code}`));
    });
    if (ended === null) return;
    const message = `the command on ${host} ended ${ended}`;
    throw new CommandFailure({ code: 'command-failed', message });
  }

  /** The command may have told it to reboot, which takes a moment to begin: it has to stay online for a while. */
  private async settled(host: string): Promise<void> {
    const { settle, timeout } = this.flags;
    const progress = this.progress();
    let since: { boot: string; atMs: number } | null = null;
    const isSettled = ({ health, observed }: HostView): boolean => {
      const isUp = health === 'online' && observed !== null && !observed.leaving && observed.hypervisor === 'connected';
      const boot = `${observed?.bootId} ${observed?.epoch}`;
      if (!isUp) since = null;
      else if (since?.boot !== boot) since = { boot, atMs: performance.now() };
      return since !== null && performance.now() - since.atMs >= settle * 1000;
    };
    try {
      const seen = await this.session.client.waitForHost(host, isSettled, {
        timeoutMs: timeout * 1000,
        signal: this.session.io.interrupted,
        onProgress: ({ health, observed }) => {
          const going = observed?.leaving === true ? ', going down' : '';
          progress.say(`${host}: waiting until it stays online; it is ${health}${going}`);
        },
      });
      if (isSettled(seen)) return;
      const message = `${host} is ${seen.health}: it did not stay online for ${settle} s within ${timeout} s`;
      throw new CommandFailure({ code: 'timeout', message });
    } finally {
      progress.end();
    }
  }

  private async allWell(name: string): Promise<void> {
    const deadlineMs = performance.now() + this.flags.timeout * 1000;
    const progress = this.progress();
    try {
      for (;;) {
        const before = (await this.vms()).filter(({ name: vm }) => this.wellBefore.has(vm));
        const ill = before.filter((vm) => vm.desired === 'running' && !isWell(vm));
        if (ill.length === 0) return;
        const told = ill.slice(0, 5).map((vm) => `${vm.name} is ${vm.phase}`).join('; ');
        if (performance.now() >= deadlineMs) {
          const message = `${ill.length} VMs that ran before do not run: ${told}`;
          throw new CommandFailure({ code: 'timeout', message });
        }
        progress.say(`${name}: waiting until all VMs run; ${told}`);
        await this.pause(lookPauseMs);
      }
    } finally {
      progress.end();
    }
  }

  private vms(): Promise<VmView[]> {
    const { client } = this.session;
    return client.all<VmView>((page) => client.vms(page));
  }

  /** Why, where, what is in which state, and how to go on. */
  private stopped(error: unknown, { name, hosts }: Domain, next: Domain | null): CommandFailure {
    const isInterrupted = this.session.io.interrupted.aborted;
    const { code, message, remedy } = isInterrupted
      ? { code: 'interrupted', message: 'interrupted', remedy: undefined }
      : explain(error).details;
    const done = this.done.length === 0 ? 'none is done' : `done: ${this.done.map((each) => each.domain).join(', ')}`;
    const after = next === null ? '' : `, or with the next (--from ${next.hosts[0]}) after \`holdfast host activate\``;
    const goOn = `go on with the same command and --from ${hosts[0]}`;
    const again = `${goOn}, which does ${name} again${after}`;
    const left = this.hasBegun ? `${hosts.join(', ')} may be left in maintenance` : `${name} was left as it was`;
    return new CommandFailure({
      code,
      message: `stopped at ${name}: ${message}; ${left}, ${done}`,
      remedy: this.hasBegun ? again : [remedy, goOn].filter(Boolean).join('; then '),
    });
  }

  private say(text: string): void {
    if (!this.flags.json) this.session.output.line(text);
  }

  private progress(): Progress {
    return new Progress(this.session.io, this.flags.json === true);
  }

  private pause(ms: number): Promise<void> {
    return setTimeout(ms, undefined, { signal: this.session.io.interrupted });
  }
}

const isWell = ({ phase }: VmView): boolean => phase === 'running' || phase === 'migrating';

async function roll(session: Session, flags: RollFlags): Promise<void> {
  const { client, output } = session;
  const { command, dryRun = false } = flags;
  if (command === undefined && !dryRun) {
    throw new UsageError('it is not said what is to be done on each host', 'give --command, or --dry-run');
  }
  requireWithin('timeout', flags.timeout, [1, 86_400]);
  const domains = domainsOf(await client.all<HostView>((page) => client.hosts(page)), flags);
  if (command !== undefined && !dryRun) {
    await new Roll(session, { ...flags, command }).run(domains);
    return;
  }
  if (flags.json) output.json({ domains });
  else output.table(['DOMAIN', 'HOSTS'], domains.map(({ name, hosts }) => [name, hosts.join(', ')]), 'no host');
}

export function registerRoll(group: Command, session: Session): void {
  withJson(group.command('roll'))
    .description('work on hosts one failure domain after the other: empty it, run a command, put it back to work')
    .option('--command <COMMAND>', 'run here by a shell, with HOLDFAST_HOST in its environment')
    .option('--hosts <HOSTS>', 'h1,h2 or LABEL=VALUE (left out: all)')
    .option('--over <LABEL>', 'hosts with the same value of this label at once (left out: each host by itself)')
    .option('--from <HOST>', 'go on with this one: those before it are done')
    .addOption(stuckOption())
    .option('--settle <SECONDS>', 'a host that has stayed online for so long after the command is well', parseCount, 15)
    .option('--wait-for-room <SECONDS>', 'wait so long until a loss would be survived', parseCount, 0)
    .option('--timeout <SECONDS>', 'for each step', parseCount, 1800)
    .option('--dry-run', 'show the domains in their order, and change nothing')
    .addHelpText(
      'after',
      `
Before each domain it is proven that with it away all VMs return from the loss of any one other host. A command that
ends with anything but 0 stops the roll, and its host stays in maintenance.

Examples:
  holdfast host roll --command 'ssh root@$HOLDFAST_HOST "apt-get -y upgrade && reboot"'
  holdfast host roll --over rack --hosts site=a --stuck shutdown --command './firmware.sh'
  holdfast host roll --from h3 --command './firmware.sh'`,
    )
    .action((flags: RollFlags) => roll(session, flags));
}
