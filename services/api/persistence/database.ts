import type { DatabaseView } from '@holdfast/client';
import { DataSource, type EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import { entities } from './entities.js';
import { DatabaseError, failureOf, unavailable } from './failure.js';
import { migrate, migrateWithinMs } from './migrate.js';
import { migrations as allMigrations } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';

const connectWithinMs = 3000;
/** The server ends a statement after this; we give up on a server that does not even do that. */
const statementWithinMs = 4000;
const answerWithinMs = 5000;
const defaultConnections = 10;
const idleConnectionMs = 60_000;
const lookEveryMs = 1000;
const firstRetryMs = 100;
const maxRetryMs = 2000;
/** Looks in a row that find it busy, after which the connections themselves are held to be dead. */
const maxBusyLooks = 2;

export interface DatabaseOptions {
  /** `readDatabaseUrl`; null: there is none, and everything that needs it says so. */
  readonly url: string | null;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** Told at every change. */
  readonly onChange?: (up: boolean) => void;
  /** Default: all there are. */
  readonly migrations?: readonly Migration[];
  readonly connections?: number;
}

/**
 * The relational database: who may do what, and what was. It may be away at any time, from the first moment on: it is
 * connected in the background, again and again, and only who needs it is refused meanwhile.
 */
export class Database {
  private source: DataSource | null = null;
  /** Of one connection, only to look whether it answers: the others may all be busy with our own work. */
  private probe: DataSource | null = null;
  private why = 'is not connected yet';
  private busyLooks = 0;
  private readonly closing = new AbortController();
  private keeping: Promise<void> | null = null;
  private wake: () => void = () => undefined;

  constructor(private readonly options: DatabaseOptions) {}

  /** Begins to connect, and returns at once. */
  start(): void {
    if (this.options.url !== null) this.keeping ??= this.keep(this.options.url);
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.wake();
    await this.keeping;
    await this.drop();
  }

  get status(): DatabaseView {
    if (this.options.url === null) return { state: 'not-configured', detail: null };
    return this.source === null ? { state: 'away', detail: `it ${this.why}` } : { state: 'up', detail: null };
  }

  /** @throws Problem `unavailable` when there is no database, or it does not answer within seconds. */
  use<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guarded((source) => work(source.manager));
  }

  /**
   * All that `work` does, or nothing. Nothing else may be waited for within it: it has a connection to itself.
   * @throws Problem `unavailable`, as `use`. If it went away during the commit, either may have happened.
   */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guarded((source) => source.transaction(work));
  }

  private async guarded<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
    const { source } = this;
    if (source === null) throw unavailable(this.options.url === null ? 'is not configured' : this.why);
    try {
      return await work(source);
    } catch (error) {
      if (error instanceof Problem) throw error;
      const failure = failureOf(error);
      if (failure === null) throw error;
      if (failure === 'busy') throw unavailable('did not answer in time', error);
      this.lose(source, 'does not answer');
      throw unavailable('is away', error);
    }
  }

  private async keep(url: string): Promise<void> {
    let retryMs = firstRetryMs;
    while (!this.closing.signal.aborted) {
      if (this.source !== null && this.probe !== null) await this.look(this.source, this.probe);
      else await this.connect(url);
      if (this.closing.signal.aborted) return;
      if (this.source !== null) {
        retryMs = firstRetryMs;
        await this.pause(lookEveryMs);
      } else {
        await this.pause(retryMs);
        retryMs = Math.min(2 * retryMs, maxRetryMs);
      }
    }
  }

  private async connect(url: string): Promise<void> {
    const { migrations = allMigrations, connections = defaultConnections } = this.options;
    const source = sourceOf(url, connections, () => this.lose(source, 'does not answer'));
    const probe = sourceOf(url, 1, () => this.lose(source, 'does not answer'));
    try {
      // A migration may take long; whether anything is answered at all is known soon.
      await probe.initialize();
      await probe.query('SELECT 1');
      await migrated(url, migrations);
      await source.initialize();
    } catch (error) {
      for (const each of [probe, source]) await each.destroy().catch(() => undefined);
      this.away(error instanceof DatabaseError ? error.message : 'does not answer', error);
      return;
    }
    this.source = source;
    this.probe = probe;
    this.busyLooks = 0;
    this.options.log.info('connected to the database');
    this.options.onChange?.(true);
  }

  private async look(source: DataSource, probe: DataSource): Promise<void> {
    try {
      await probe.query('SELECT 1');
      this.busyLooks = 0;
    } catch (error) {
      this.busyLooks += 1;
      // It may be slow for a moment; but connections that nothing comes out of are worth nothing.
      if (failureOf(error) !== 'busy' || this.busyLooks >= maxBusyLooks) this.lose(source, 'does not answer');
    }
  }

  /** Its connections are thrown away with it: some of them may be dead without having said so. */
  private lose(source: DataSource, why: string): void {
    if (this.source !== source) return;
    void this.drop();
    this.away(why);
    this.options.onChange?.(false);
    this.wake();
  }

  private async drop(): Promise<void> {
    const { source, probe } = this;
    this.source = null;
    this.probe = null;
    // Work that still has one of its connections ends by itself, with an error or without.
    for (const each of [probe, source]) await each?.destroy().catch(() => undefined);
  }

  private away(why: string, error?: unknown): void {
    const changed = why !== this.why;
    this.why = why;
    const said = error instanceof Error ? `: ${error.message}` : '';
    if (changed && !this.closing.signal.aborted) this.options.log.warn(`the database ${why}${said}`);
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function sourceOf(url: string, connections: number, onLost: () => void): DataSource {
  return new DataSource({
    type: 'postgres',
    entities: [...entities],
    synchronize: false,
    logging: false,
    installExtensions: false,
    poolErrorHandler: onLost,
    extra: {
      ...connectionTo(url),
      max: connections,
      idleTimeoutMillis: idleConnectionMs,
      statement_timeout: statementWithinMs,
      lock_timeout: statementWithinMs,
      idle_in_transaction_session_timeout: statementWithinMs,
      query_timeout: answerWithinMs,
    },
  });
}

function connectionTo(url: string): object {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectWithinMs,
    application_name: 'holdfast-api',
    keepAlive: true,
  };
}

/** On a connection of its own, where a step may take long. */
async function migrated(url: string, migrations: readonly Migration[]): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    synchronize: false,
    logging: false,
    installExtensions: false,
    poolErrorHandler: () => undefined,
    extra: { ...connectionTo(url), max: 1, query_timeout: migrateWithinMs + answerWithinMs },
  });
  await source.initialize();
  try {
    await migrate(source, migrations);
  } finally {
    await source.destroy();
  }
}
