import {
  HoldfastClient, PeopleClient, ScheduleClient, TemplateClient, WebhookClient, type Accepted, type OperationView,
} from '@holdfast/client';
import { Option, type Command } from 'commander';
import { parseCount } from './arguments.js';
import { connectionOf } from './connection.js';
import type { EditFlags } from './edit.js';
import { CommandFailure } from './failure.js';
import type { Io } from './io.js';
import { Output, outputFormats } from './output.js';
import { Progress } from './progress.js';

export interface WaitFlags {
  json?: boolean;
  wait: boolean;
  timeout: number;
}

export interface JsonFlag {
  json?: boolean;
}

/** What a command works with: its streams, the API, and how long work is shown. */
export class Session {
  readonly output: Output;
  /** Asked for by name; left out, what the environment, the file of contexts or `up` say. */
  context: string | undefined;
  /** How its changes are asked for. */
  edit: EditFlags = {};
  private openClient: HoldfastClient | null = null;
  private openPeople: PeopleClient | null = null;
  private openSchedules: ScheduleClient | null = null;
  private openTemplates: TemplateClient | null = null;
  private openWebhooks: WebhookClient | null = null;

  constructor(readonly io: Io) {
    this.output = new Output(io);
    io.interrupted.addEventListener('abort', () => void this.close(), { once: true });
  }

  /** Throws `CommandFailure` when nothing runs here. */
  get client(): HoldfastClient {
    this.openClient ??= new HoldfastClient(connectionOf(this.io.env, this.context), this.edit);
    return this.openClient;
  }

  /** Likewise, for who there is and who may do what. */
  get people(): PeopleClient {
    this.openPeople ??= new PeopleClient(connectionOf(this.io.env, this.context), this.edit);
    return this.openPeople;
  }

  /** Likewise, for what is done at times to come. */
  get schedules(): ScheduleClient {
    this.openSchedules ??= new ScheduleClient(connectionOf(this.io.env, this.context), this.edit);
    return this.openSchedules;
  }

  /** Likewise, for templates of VMs. */
  get templates(): TemplateClient {
    this.openTemplates ??= new TemplateClient(connectionOf(this.io.env, this.context), this.edit);
    return this.openTemplates;
  }

  /** Likewise, for who is told of events. */
  get webhooks(): WebhookClient {
    this.openWebhooks ??= new WebhookClient(connectionOf(this.io.env, this.context), this.edit);
    return this.openWebhooks;
  }

  async close(): Promise<void> {
    await this.openTemplates?.close();
    await this.openSchedules?.close();
    await this.openWebhooks?.close();
    await this.openPeople?.close();
    await this.openClient?.close();
  }

  /**
   * Sees an accepted change through to its observed end. `told` says in a sentence what is the case
   * then. Throws `CommandFailure` when it failed.
   */
  async conclude(
    accepted: Accepted,
    flags: WaitFlags,
    told: (operation: OperationView) => Promise<string> | string,
  ): Promise<void> {
    const { operation: id, vm } = accepted;
    if (!flags.wait) {
      if (flags.json) this.output.json({ operation: id, vm, state: 'accepted' });
      else this.output.line(`accepted as operation ${id}`);
      return;
    }
    const operation = await this.follow(id, vm, flags);
    if (operation.state === 'failed') {
      throw new CommandFailure({
        code: 'operation-failed',
        message: `${operation.kind} of ${vm} failed: ${operation.reason}`,
        operation: id,
        vm,
      });
    }
    if (flags.json) {
      const { state, reason, startedAtMs, endedAtMs } = operation;
      this.output.json({ operation: id, vm, state, reason, startedAtMs, endedAtMs });
    } else this.output.line(await told(operation));
  }

  private async follow(id: string, vm: string, flags: WaitFlags): Promise<OperationView> {
    const progress = new Progress(this.io, flags.json === true);
    try {
      return await this.client.waitForOperation(id, {
        timeoutMs: flags.timeout * 1000,
        signal: this.io.interrupted,
        onProgress: ({ kind, state, reason }) => {
          if (state === 'running')
            progress.say(`${vm}: ${kind}${reason === '' ? '' : `, ${reason}`}`);
        },
      });
    } catch (error) {
      if (!this.io.interrupted.aborted) throw error;
      throw new CommandFailure({
        code: 'interrupted',
        message: 'interrupted; what was asked for goes on',
        remedy: `\`holdfast operation show ${id}\` tells what became of it`,
        operation: id,
        vm,
      });
    } finally {
      progress.end();
    }
  }
}

/** A file of commands adds them to the program through one function of this kind. */
export type Register = (program: Command, session: Session) => void;

/** The options that every command has; some can print in more ways. */
export function withJson(command: Command, moreFormats: readonly string[] = []): Command {
  return command
    .option('--json', 'print JSON for programs')
    .addOption(new Option('-o, --output <FORMAT>', 'print it as').choices([...outputFormats, ...moreFormats]));
}

/** Which of all things a list shows, and in which order. */
export interface ListFlags extends JsonFlag {
  filter?: string;
  sort?: string;
}

/** The options of commands that list things. */
export function withList(command: Command, example: string): Command {
  return withJson(command)
    .option('--filter <CONDITIONS>', `only those for which all of these hold, such as ${example}`)
    .option('--sort <COLUMN>', 'in this order; with - before it, the largest first');
}

/** What a list without lines says: nothing is there at all, or nothing that was asked for. */
export function emptyText({ filter }: ListFlags, ofAll: string): string {
  return filter === undefined ? ofAll : `nothing that holds for: ${filter}`;
}

const defaultTimeoutSeconds = 300;

/** The options of commands whose work goes on after it was accepted. */
export function withWait(command: Command): Command {
  return withJson(command)
    .option('--no-wait', 'return at once; the work itself goes on')
    .option(
      '--timeout <SECONDS>',
      'wait at most this long for the end; the work itself goes on',
      parseCount,
      defaultTimeoutSeconds,
    );
}
