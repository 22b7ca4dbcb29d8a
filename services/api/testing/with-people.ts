import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewSession } from '@holdfast/client';
import { Directory } from '../auth/directory.js';
import type { ApiConfig } from '../config.js';
import { Database } from '../persistence/database.js';
import { TestPostgres, untilState } from '../persistence/testing/postgres.js';
import { caller } from './call.js';
import { startFakeCluster, type FakeCluster } from './fake-cluster.js';

/** For tests only: a fake cluster with a real database, and people in it. */
export class ClusterWithPeople {
  readonly call = caller(() => this.cluster);

  private constructor(
    readonly postgres: TestPostgres,
    readonly cluster: FakeCluster,
  ) {}

  /** @param more settings that need the directory of this cluster's files. */
  static async start(
    settings: Partial<ApiConfig> = {}, more?: (directory: string) => Promise<Partial<ApiConfig>>,
  ): Promise<ClusterWithPeople> {
    const postgres = await TestPostgres.begin();
    const databaseUrlFile = join(postgres.directory, 'api-url');
    await writeFile(databaseUrlFile, await postgres.createDatabase(), { mode: 0o600 });
    const webhookKeyFile = join(postgres.directory, 'api-webhook-key');
    await writeFile(webhookKeyFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
    const told = { ...settings, ...(await more?.(postgres.directory)) };
    const cluster = await startFakeCluster({ ...told, databaseUrlFile, webhookKeyFile });
    await untilState(cluster.api.app.get(Database), 'up');
    return new ClusterWithPeople(postgres, cluster);
  }

  get directory(): Directory {
    return this.cluster.api.app.get(Directory);
  }

  passwordOf(name: string): string {
    return `correct-horse-${name.length}-battery`;
  }

  /** Makes a user who holds these roles, and signs in; the answer is the session's token. */
  async user(name: string, ...held: { role: string; project?: string }[]): Promise<string> {
    const password = this.passwordOf(name);
    await this.done(201, '/api/v1/users', { body: { kind: 'user', name, password } });
    for (const grant of held) await this.done(201, '/api/v1/grants', { body: { user: name, ...grant } });
    return await this.login(name);
  }

  async login(name: string, password = this.passwordOf(name)): Promise<string> {
    const { body } = await this.call<NewSession>('/api/v1/login', { body: { name, password }, token: null });
    return body.token;
  }

  async status(path: string, token: string | null, method = 'GET'): Promise<number> {
    return (await this.call(path, { token, method })).status;
  }

  async close(): Promise<void> {
    await this.cluster.close();
    await this.postgres.end();
  }

  private async done(status: number, path: string, options: Parameters<typeof this.call>[1]): Promise<void> {
    const answer = await this.call(path, options);
    if (answer.status !== status) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}
