import { addressKey } from '../auth/rate-limit.js';
import type { AuditBody } from './audit-log.js';

const windowMs = 60_000;
/** Noted one by one in each window: of one address, and of all. */
const maxWholeOfAddress = 5;
const maxWhole = 50;
/** Counted apart in each window; what comes from further addresses is counted together. */
const maxAddresses = 50;
const maxNames = 20;
const maxNameLength = 100;

interface Condensed {
  whole: number;
  attempts: number;
  names: Set<string>;
  last: AuditBody;
}

/**
 * What somebody unknown tried in vain. Anybody can send that, as often as they like, and entries are kept forever: the
 * first of an address are noted as they are, further ones as a count, once a minute.
 */
export class AnonymousAttempts {
  private readonly condensed = new Map<string, Condensed>();
  private whole = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly note: (body: AuditBody) => void) {}

  add(body: AuditBody): void {
    this.timer ??= setTimeout(() => this.end(), windowMs).unref();
    const of = this.sortOf(body);
    of.last = body;
    if (of.whole < maxWholeOfAddress && this.whole < maxWhole) {
      of.whole += 1;
      this.whole += 1;
      this.note(body);
      return;
    }
    of.attempts += 1;
    const name = (body.asked as { name?: unknown } | null)?.name;
    if (typeof name === 'string' && of.names.size < maxNames) of.names.add(name.slice(0, maxNameLength));
  }

  /** Of this window: notes what was only counted. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [from, { attempts, names, last }] of this.condensed) {
      if (attempts === 0) continue;
      this.note({ ...last, asked: { names: [...names] }, from: from.split(' ')[0] ?? from, attempts });
    }
    this.condensed.clear();
    this.whole = 0;
  }

  private sortOf(body: AuditBody): Condensed {
    const { action, from } = body;
    const own = `${addressKey(from)} ${action}`;
    const key = this.condensed.has(own) || this.condensed.size < maxAddresses ? own : `others ${action}`;
    const known = this.condensed.get(key);
    if (known) return known;
    const begun: Condensed = { whole: 0, attempts: 0, names: new Set(), last: body };
    this.condensed.set(key, begun);
    return begun;
  }
}
