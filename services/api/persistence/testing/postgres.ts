import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { placeDatabase, postgresScript } from '../../../../lab/postgres.js';
import { Database, type DatabaseOptions } from '../database.js';

const startWithinMs = 60_000;
const quiet = { info: () => undefined, warn: () => undefined };

/** The real PostgreSQL that comes with `up`, in a directory of its own; one for a file of tests. */
export class TestPostgres {
  private child: ChildProcess | null = null;
  private output = '';
  private databases = 0;

  private constructor(
    readonly directory: string,
    private readonly url: string,
    private readonly command: string,
    private readonly args: readonly string[],
  ) {}

  /** Returns when it answers. */
  static async begin(): Promise<TestPostgres> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-pg-'));
    const { urlFile, server } = await placeDatabase(directory, postgresScript(), {});
    if (!server) throw new Error('no server of our own');
    const url = await readFile(urlFile, 'utf8');
    const postgres = new TestPostgres(directory, url, server.command, server.args);
    await postgres.start();
    return postgres;
  }

  /** Starts it, again after `kill`, and returns when it answers. */
  async start(): Promise<void> {
    const deadlineMs = Date.now() + startWithinMs;
    while (!(await this.answers())) {
      if (Date.now() > deadlineMs) throw new Error(`PostgreSQL did not start: ${this.output.slice(-2000)}`);
      // Killed, it may have to wait for what is left of the one before.
      if (this.child === null || this.child.exitCode !== null) this.launch();
      await sleep(50);
    }
  }

  /** As the power would end it; returns when it is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Nothing is answered any more, and nothing is closed either. */
  freeze(): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGCONT');
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The URL of a new, empty database. */
  async createDatabase(): Promise<string> {
    this.databases += 1;
    const name = `test${this.databases}`;
    await this.asClient(this.url, `CREATE DATABASE ${name}`);
    return this.url.replace('/holdfast?', `/${name}?`);
  }

  /** The URL of a new database in a file, as the API's `databaseUrlFile` wants it. */
  async urlFile(): Promise<string> {
    const url = await this.createDatabase();
    const file = join(this.directory, `url-${this.databases}`);
    await writeFile(file, url, { mode: 0o600 });
    return file;
  }

  /** Connected to a new database with the newest schema; to be closed by the test. */
  async database(options: Partial<DatabaseOptions> = {}): Promise<Database> {
    const database = new Database({ url: await this.createDatabase(), log: quiet, ...options });
    database.start();
    await untilState(database, 'up');
    return database;
  }

  private launch(): void {
    const child = spawn(this.command, this.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-8000)));
    }
    this.child = child;
  }

  private processes(): number[] {
    return this.child?.pid === undefined ? [] : [this.child.pid, ...childrenOf(this.child.pid)];
  }

  private async answers(): Promise<boolean> {
    return await this.asClient(this.url, 'SELECT 1').then(() => true, () => false);
  }

  private async asClient(url: string, sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

export async function untilState(database: Database, state: Database['status']['state']): Promise<void> {
  const deadlineMs = Date.now() + startWithinMs;
  while (database.status.state !== state) {
    if (Date.now() > deadlineMs) throw new Error(`the database is ${JSON.stringify(database.status)}, not ${state}`);
    await sleep(20);
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
