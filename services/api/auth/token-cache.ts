import { Problem } from '../http/problem.js';
import type { Principal } from './principal.js';
import { hashOfSecret, isTokenOrSession } from './secrets.js';

/** Within it a token is not looked up again: so long a revocation may take to be heeded by another API. */
export const freshMs = 10_000;
/** While the database is away, a token that was good goes on for so long. */
export const staleMs = 300_000;
const maxTokens = 10_000;

export interface VerifiedToken {
  principal: Principal;
  tokenId: string;
  endsAtMs: number;
}

interface Entry extends VerifiedToken {
  seenAtMs: number;
}

/** Remembers whom tokens stand for, so that those who are signed in go on while the database is away. */
export class TokenCache {
  private readonly entries = new Map<string, Entry>();
  private readonly asked = new Map<string, Promise<VerifiedToken | null>>();
  /** Counts what was forgotten: an answer from before it is not remembered. */
  private forgotten = 0;

  constructor(
    private readonly look: (hash: string) => Promise<VerifiedToken | null>,
    private readonly nowMs: () => number = Date.now,
  ) {}

  readonly verify = async (secret: string): Promise<Principal | null> => (await this.find(secret))?.principal ?? null;

  /** Throws what looking it up throws when it is not known from before. */
  async find(secret: string): Promise<VerifiedToken | null> {
    if (!isTokenOrSession(secret)) return null;
    const hash = hashOfSecret(secret);
    const known = this.entries.get(hash);
    const nowMs = this.nowMs();
    if (known && nowMs < known.endsAtMs && isWithin(nowMs - known.seenAtMs, freshMs)) return known;
    try {
      const before = this.forgotten;
      const found = await this.lookOnce(hash);
      this.entries.delete(hash);
      if (found && before === this.forgotten) this.remember(hash, found);
      return found;
    } catch (error) {
      const isAway = error instanceof Problem && error.code === 'unavailable';
      const kept = this.entries.get(hash);
      if (isAway && kept && nowMs < kept.endsAtMs && isWithin(nowMs - kept.seenAtMs, staleMs)) return kept;
      throw error;
    }
  }

  /** After any change of who may do what. */
  forgetAll(): void {
    this.entries.clear();
    this.asked.clear();
    this.forgotten += 1;
  }

  /** Many requests that come at once with one token are one look. */
  private lookOnce(hash: string): Promise<VerifiedToken | null> {
    const running = this.asked.get(hash);
    if (running) return running;
    const look = this.look(hash).finally(() => {
      if (this.asked.get(hash) === look) this.asked.delete(hash);
    });
    this.asked.set(hash, look);
    return look;
  }

  private remember(hash: string, found: VerifiedToken): void {
    this.entries.set(hash, { ...found, seenAtMs: this.nowMs() });
    if (this.entries.size > maxTokens) this.entries.delete(this.entries.keys().next().value ?? '');
  }
}

/** A clock that was set back keeps nothing fresh. */
function isWithin(ageMs: number, limitMs: number): boolean {
  return ageMs >= 0 && ageMs < limitMs;
}
