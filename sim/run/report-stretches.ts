/** The run cut in stretches: incidents, each from its first fault until all is well again, and the quiet between. */
import { isHard, type Row } from './report-rows.js';

export interface Stretch {
  isIncident: boolean;
  fromMs: number;
  toMs: number;
  rows: Row[];
}

/** Nothing in hand for this long: what comes next is another incident. */
const overAfterMs = 5000;

/** Faults that last, hosts that are not well, VMs that run nowhere. */
class InHand {
  private readonly open = new Set<string>();

  get isEmpty(): boolean {
    return this.open.size === 0;
  }

  note({ kind, subjects, text, verb }: Row): void {
    const number = /\(#\d+\)$/.exec(text)?.[0];
    if (kind === 'fault' && number !== undefined) this.open.add(number);
    if (kind === 'heals') {
      if (number === undefined) this.open.clear();
      else this.open.delete(number);
    }
    for (const subject of subjects) {
      if (kind === 'failover') {
        if (text.startsWith('online')) this.open.delete(subject);
        else this.open.add(subject);
      }
      if (verb === 'recovering') this.open.add(`${subject} `);
      if (verb === 'runs') this.open.delete(`${subject.split(' ')[0]} `);
    }
  }
}

export function incidentsOf(rows: readonly Row[]): Stretch[] {
  const stretches: Stretch[] = [];
  let inHand = new InHand();
  let overAtMs = 0;
  let hasFormed = false;
  for (const row of rows) {
    let current = stretches.at(-1);
    // Hosts that are heard for the first time are no incident.
    const begins = isHard(row) && (hasFormed || !/^(joining|online|power)/.test(row.text));
    if (begins) hasFormed = true;
    const isOver = current?.isIncident === true && inHand.isEmpty && row.atMs - overAtMs > overAfterMs;
    if (!current || isOver || (!current.isIncident && begins)) {
      current = { isIncident: begins, fromMs: row.atMs, toMs: row.atMs, rows: [] };
      stretches.push(current);
      inHand = new InHand();
    }
    current.rows.push(row);
    current.toMs = row.atMs;
    if (hasFormed) inHand.note(row);
    if (isHard(row) || !inHand.isEmpty || row.kind === 'heals') overAtMs = row.atMs;
  }
  return stretches;
}

const counted: ReadonlySet<string> = new Set(['moved', 'stopped', 'deleted', 'rebooted', 'crashed', 'failed']);

/** In a line: what people asked for and what came of it while nothing was wrong. */
export function quietText({ fromMs, toMs, rows }: Stretch): string[] {
  const counts = new Map<string, number>();
  const add = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const { kind, text, verb } of rows) {
    if (kind === 'asked') add(text.startsWith('refused') ? 'refused' : 'asked');
    else if (kind === 'failover' && text.startsWith('online')) add('host online');
    else if (verb === 'runs') add('started');
    else if (verb !== null && counted.has(verb)) add(verb);
  }
  if (counts.size === 0) return [];
  const told = [...counts].map(([what, count]) => wordsFor(what, count)).join(', ');
  return ['', `${(fromMs / 1000).toFixed(3)} s to ${(toMs / 1000).toFixed(3)} s: quiet; ${told}`];
}

function wordsFor(what: string, count: number): string {
  if (what === 'asked') return count === 1 ? '1 request' : `${count} requests`;
  if (what === 'refused') return `${count} refused`;
  if (what === 'host online') return count === 1 ? '1 host online' : `${count} hosts online`;
  return count === 1 ? `1 VM ${what}` : `${count} VMs ${what}`;
}
