import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { addAccount, passwordHashOf } from './accounts.js';
import { passwordFault, type Passwords } from './passwords.js';
import { tooMany } from './rate-limit.js';
import { hashOfSecret, newSecret } from './secrets.js';
import { addSession, type NewAccessToken } from './tokens.js';

const freeFailures = 5;
const firstLockMs = 2000;
const longestLockMs = 900_000;
const forgetFailuresMs = 86_400_000;
export const setupLifeMs = 86_400_000;

/** How long sign-in is locked after so many failures in a row: not at first, then twice as long each time. */
export function lockMs(failures: number): number {
  return failures < freeFailures ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** (failures - freeFailures));
}

export function requireGoodPassword(password: string, name: string, field = 'password'): void {
  const fault = passwordFault(password, name);
  if (fault !== null) {
    const remedy = 'take a few random words, or a generated one';
    throw new Problem('invalid', `${field}: ${fault}`, { field, remedy });
  }
}

/** Turns a name and a password, or a setup code, into a session. */
export class SignIn {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * A new session, whatever the request came with. Wrong names and wrong passwords are told alike and take as long;
   * each attempt counts before it is judged, so that many at once are no way around the lock.
   */
  async login(name: string, password: string, address: string): Promise<NewAccessToken> {
    const key = hashOfSecret(JSON.stringify([name, address]));
    const account = await this.database.transaction(async (manager) => {
      await this.countAttempt(manager, key);
      return await passwordHashOf(manager, name);
    });
    if (!(await this.passwords.verify(account?.hash ?? null, password)) || !account) {
      throw new Problem('unauthorized', 'the name or the password is wrong');
    }
    return await this.database.transaction(async (manager) => {
      await manager.query('DELETE FROM login_failures WHERE key = $1', [key]);
      return await addSession(manager, account.id, address, this.now());
    });
  }

  /** Throws `unauthorized` unless it is the password of that user; counts as an attempt to sign in. */
  async requirePassword(name: string, password: string, address: string): Promise<void> {
    const { token } = await this.login(name, password, address);
    await this.database.use((manager) => manager.query('DELETE FROM access_tokens WHERE id = $1', [token.id]));
  }

  /** A code with which the first administrator is made; an older one is void. Throws `conflict` when there is one. */
  async newSetupCode(): Promise<{ code: string; expiresAt: Date }> {
    const { secret, hash } = newSecret('setup');
    const expiresAt = new Date(this.now().getTime() + setupLifeMs);
    await this.database.transaction(async (manager) => {
      await this.requireNoAdmin(manager);
      await manager.query('DELETE FROM setup_codes');
      await manager.query('INSERT INTO setup_codes (hash, expires_at) VALUES ($1, $2)', [hash, expiresAt]);
    });
    return { code: secret, expiresAt };
  }

  /** The first administrator, signed in. The code is good once. */
  async setUp(code: string, name: string, password: string, address: string): Promise<NewAccessToken> {
    requireGoodPassword(password, name);
    const hash = hashOfSecret(code);
    const wrong = new Problem('unauthorized', 'the setup code is wrong, used or expired', {
      remedy: 'have a new one made on the machine of the API: holdfast user setup-code',
    });
    const found = await this.database.use((manager) =>
      manager.query<unknown[]>('SELECT 1 FROM setup_codes WHERE hash = $1 AND expires_at > $2', [hash, this.now()]),
    );
    if (found.length === 0) throw wrong;
    const passwordHash = await this.passwords.hash(password);
    return await this.database.transaction(async (manager) => {
      const taken = await manager.query<unknown[]>(
        `WITH taken AS (DELETE FROM setup_codes WHERE hash = $1 AND expires_at > $2 RETURNING 1) SELECT 1 FROM taken`,
        [hash, this.now()],
      );
      if (taken.length === 0) throw wrong;
      await this.requireNoAdmin(manager);
      const account = await addAccount(manager, { kind: 'user', name, passwordHash }, this.now());
      await manager.query(
        `INSERT INTO role_grants (id, role, account_id, created_at) VALUES ($1, 'admin', $2, $3)`,
        [randomUUID(), account.id, this.now()],
      );
      return await addSession(manager, account.id, address, this.now());
    });
  }

  private async requireNoAdmin(manager: EntityManager): Promise<void> {
    const admins = await manager.query<unknown[]>(
      `SELECT 1 FROM role_grants WHERE role = 'admin' AND project IS NULL LIMIT 1`,
    );
    if (admins.length > 0) throw new Problem('conflict', 'there is an administrator already', { remedy: 'sign in' });
  }

  /** Counts one more failure, until it turns out to be none. */
  private async countAttempt(manager: EntityManager, key: string): Promise<void> {
    const now = this.now();
    await manager.query('DELETE FROM login_failures WHERE last_at < $1', [new Date(now.getTime() - forgetFailuresMs)]);
    await manager.query(
      `INSERT INTO login_failures (key, failures, locked_until, last_at) VALUES ($1, 0, $2, $2) ON CONFLICT DO NOTHING`,
      [key, now],
    );
    const [known] = await manager.query<{ failures: number; until: Date }[]>(
      'SELECT failures, locked_until AS until FROM login_failures WHERE key = $1 FOR UPDATE',
      [key],
    );
    const waitMs = (known?.until.getTime() ?? 0) - now.getTime();
    // Others that come at the same moment may have begun a little later.
    if (waitMs > 0 && lockMs(known?.failures ?? 0) > 0) {
      throw tooMany('too many failed attempts to sign in as this user from this address', waitMs);
    }
    const failures = (known?.failures ?? 0) + 1;
    await manager.query('UPDATE login_failures SET failures = $2, locked_until = $3, last_at = $4 WHERE key = $1', [
      key,
      failures,
      new Date(now.getTime() + lockMs(failures)),
      now,
    ]);
  }
}
