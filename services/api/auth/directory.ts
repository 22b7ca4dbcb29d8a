import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { Passwords } from './passwords.js';
import { SignIn } from './sign-in.js';
import { TokenCache, type VerifiedToken } from './token-cache.js';
import { principalByHash } from './tokens.js';

/** Who there is and what they hold: all of it in the database, and for a while in memory. */
export class Directory {
  readonly passwords = new Passwords();
  readonly tokens: TokenCache;
  readonly signIn: SignIn;

  constructor(
    readonly database: Database,
    readonly now: () => Date = () => new Date(),
  ) {
    this.tokens = new TokenCache((hash) => this.look(hash), () => this.now().getTime());
    this.signIn = new SignIn(database, this.passwords, now);
  }

  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.use(work);
  }

  /** What changes who may do what, is heeded here from the answer on. */
  async change<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(work);
    } finally {
      this.tokens.forgetAll();
    }
  }

  private async look(hash: string): Promise<VerifiedToken | null> {
    try {
      return await this.database.use((manager) => principalByHash(manager, hash, this.now()));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unavailable') throw error;
      throw new Problem(
        'unavailable',
        'whose token this is cannot be told now: the database is away',
        { remedy: 'try again in a moment; tokens used within the last minutes go on', headers: error.headers },
        { cause: error },
      );
    }
  }
}
