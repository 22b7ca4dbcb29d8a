import { hash, verify } from '@node-rs/argon2';
import { Problem } from '../http/problem.js';
import { tooMany } from './rate-limit.js';

/** Argon2id, as OWASP's password storage cheat sheet has it: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const minPasswordLength = 12;
export const maxPasswordLength = 256;
const maxAtOnce = 2;
/** Hashed or waiting for it: of all, and of one address, so that none keeps the others out. */
const maxAdmitted = 64;
const maxOfAddress = 16;

/** Hashes passwords, few at once: each takes 19 MiB and a core, so that many would starve all else. */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private decoy: Promise<string> | null = null;
  private admittedInAll = 0;
  private readonly admitted = new Map<string, number>();

  /** A new one, which only who was let in before can ask for. */
  hash(password: string): Promise<string> {
    return this.admit(null, () => this.inTurn(() => hash(password, cost)));
  }

  /**
   * Keeps a place for an attempt to sign in, before anything of it counts; refuses it when there is none.
   * @param from the address; null: it is no such attempt.
   */
  async admit<T>(from: string | null, work: () => Promise<T>): Promise<T> {
    const address = from ?? '';
    const own = this.admitted.get(address) ?? 0;
    if (from !== null && own >= maxOfAddress) {
      throw tooMany('too many people sign in from one address at this moment', 1000);
    }
    if (this.admittedInAll >= maxAdmitted) {
      throw new Problem('unavailable', 'too many people sign in at this moment', { remedy: 'try again in a moment' });
    }
    this.admitted.set(address, own + 1);
    this.admittedInAll += 1;
    try {
      return await work();
    } finally {
      this.admittedInAll -= 1;
      const left = (this.admitted.get(address) ?? 1) - 1;
      if (left > 0) this.admitted.set(address, left);
      else this.admitted.delete(address);
    }
  }

  /** Within `admit`. Without a hash, as of a user nobody knows, it takes as long and is wrong. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    this.decoy ??= hash('of nobody', cost);
    const against = stored ?? (await this.decoy);
    const isRight = await this.inTurn(() => verify(against, password));
    return isRight && stored !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= maxAtOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      // Whoever waits takes over the place.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}

/** What is wrong with a new password; null: nothing. Length is what counts; other rules make people write them down. */
export function passwordFault(password: string, name: string): string | null {
  if (password.length < minPasswordLength) return `a password has ${minPasswordLength} characters or more`;
  if (password.length > maxPasswordLength) return `a password has at most ${maxPasswordLength} characters`;
  if (password.toLowerCase().includes(name.toLowerCase())) return 'a password does not hold the name of its user';
  if (new Set(password).size < 5) return 'a password has at least five different characters';
  return null;
}
