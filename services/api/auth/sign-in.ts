import { randomUUID } from 'node:crypto';
import { nameSchema } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { addAccount, passwordHashOf, type Account } from './accounts.js';
import { passwordFault, type Passwords } from './passwords.js';
import { RateLimit, tooMany } from './rate-limit.js';
import { hashOfSecret, newSecret } from './secrets.js';
import { addSession, type NewAccessToken } from './tokens.js';

const freeFailures = 5;
const firstLockMs = 2000;
const longestLockMs = 900_000;
const forgetFailuresMs = 86_400_000;
const forgetEveryMs = 60_000;
/** Beyond it what failed least, and longest ago, is forgotten. */
const maxFailures = 100_000;
/** Failed attempts of one address, whatever the names. */
const failuresOfAddress = { perSecond: 2, burst: 100 };
export const setupLifeMs = 86_400_000;

/** How long sign-in is locked after so many failures in a row: not at first, then twice as long each time. */
export function lockMs(failures: number): number {
  return failures < freeFailures ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** (failures - freeFailures));
}

function keyOf(name: string, address: string): string {
  return hashOfSecret(JSON.stringify([name, address]));
}

export function requireGoodPassword(password: string, name: string, field = 'password'): void {
  const fault = passwordFault(password, name);
  if (fault !== null) {
    const remedy = 'take a few random words, or a generated one';
    throw new Problem('invalid', `${field}: ${fault}`, { field, remedy });
  }
}

function wrongPassword(): Problem {
  return new Problem('unauthorized', 'the name or the password is wrong');
}

/** Who gave the right password, as it was then. */
type Checked = Account & { hash: string };

/** Turns a name and a password, or a setup code, into a session. */
export class SignIn {
  private readonly failing = new RateLimit(failuresOfAddress);
  private forgotAtMs = 0;

  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * Who has that name and password. Wrong names and wrong passwords are told alike and take as long, and are locked
   * alike; each attempt counts before it is judged, so that many at once are no way around the lock.
   */
  async check(name: string, password: string, address: string): Promise<Checked> {
    const account = await this.passwords.admit(address, async () => {
      const taken = this.failing.take(address);
      if (!taken.ok) throw tooMany('too many failed attempts to sign in from this address', taken.waitMs);
      const known = await this.attempted(name, address);
      return (await this.passwords.verify(known?.hash ?? null, password)) ? known : null;
    });
    if (!account) throw wrongPassword();
    this.failing.giveBack(address);
    return account;
  }

  /** Whoever was checked is still there, with the same password, until the end of this transaction. */
  async confirm(manager: EntityManager, { id, name, hash }: Checked, address: string): Promise<void> {
    const [now] = await manager.query<{ hash: string | null }[]>(
      'SELECT password_hash AS hash FROM accounts WHERE id = $1 FOR NO KEY UPDATE', [id]);
    if (now?.hash !== hash) throw wrongPassword();
    await manager.query('DELETE FROM login_failures WHERE key = $1', [keyOf(name, address)]);
  }

  /** A new session, whatever the request came with. */
  async login(name: string, password: string, address: string): Promise<NewAccessToken> {
    const account = await this.check(name, password, address);
    return await this.database.transaction(async (manager) => {
      await this.confirm(manager, account, address);
      return await addSession(manager, account.id, address, this.now());
    });
  }

  /** Lets that user try again from everywhere. */
  async unlock(manager: EntityManager, name: string): Promise<void> {
    await manager.query('DELETE FROM login_failures WHERE name_hash = $1', [hashOfSecret(name)]);
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
      await this.requireNoAdmin(manager);
      const taken = await manager.query<unknown[]>(
        `WITH taken AS (DELETE FROM setup_codes WHERE hash = $1 AND expires_at > $2 RETURNING 1) SELECT 1 FROM taken`,
        [hash, this.now()],
      );
      if (taken.length === 0) throw wrong;
      const account = await addAccount(manager, { kind: 'user', name, passwordHash }, this.now());
      await manager.query(
        `INSERT INTO role_grants (id, role, account_id, created_at) VALUES ($1, 'admin', $2, $3)`,
        [randomUUID(), account.id, this.now()],
      );
      return await addSession(manager, account.id, address, this.now());
    });
  }

  /** Nor will there be one by another code, nor another code, before the end of this transaction. */
  private async requireNoAdmin(manager: EntityManager): Promise<void> {
    await manager.query('LOCK TABLE setup_codes IN SHARE ROW EXCLUSIVE MODE');
    const admins = await manager.query<unknown[]>(
      `SELECT 1 FROM role_grants WHERE role = 'admin' AND project IS NULL LIMIT 1`,
    );
    if (admins.length > 0) throw new Problem('conflict', 'there is an administrator already', { remedy: 'sign in' });
  }

  /** What cannot be a name is of nobody, and needs no lock. */
  private async attempted(name: string, address: string): Promise<Checked | null> {
    if (!nameSchema.safeParse(name).success) return null;
    await this.forget();
    return await this.database.transaction(async (manager) => {
      await this.countAttempt(manager, name, address);
      return await passwordHashOf(manager, name);
    });
  }

  /** Now and then, so that not every attempt pays for it. */
  private async forget(): Promise<void> {
    const nowMs = this.now().getTime();
    if (Math.abs(nowMs - this.forgotAtMs) < forgetEveryMs) return;
    this.forgotAtMs = nowMs;
    await this.database.use(async (manager) => {
      await manager.query('DELETE FROM login_failures WHERE last_at < $1', [new Date(nowMs - forgetFailuresMs)]);
      await manager.query(
        `DELETE FROM login_failures WHERE key IN
           (SELECT key FROM login_failures ORDER BY failures >= $1 DESC, last_at DESC OFFSET $2)`,
        [freeFailures, maxFailures],
      );
    });
  }

  /** Counts one more failure, until it turns out to be none; of names that nobody has too, for a lock tells of them. */
  private async countAttempt(manager: EntityManager, name: string, address: string): Promise<void> {
    const now = this.now();
    const key = keyOf(name, address);
    await manager.query(
      `INSERT INTO login_failures (key, name_hash, failures, locked_until, last_at) VALUES ($1, $2, 0, $3, $3)
       ON CONFLICT DO NOTHING`,
      [key, hashOfSecret(name), now],
    );
    const [known] = await manager.query<{ failures: number; until: Date }[]>(
      'SELECT failures, locked_until AS until FROM login_failures WHERE key = $1 FOR UPDATE',
      [key],
    );
    const waitMs = (known?.until.getTime() ?? 0) - now.getTime();
    // Others that come at the same moment may have begun a little later.
    // A lock longer than any there is comes from a clock that has gone back since.
    if (waitMs > 0 && waitMs <= longestLockMs && lockMs(known?.failures ?? 0) > 0) {
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
