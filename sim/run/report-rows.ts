/** What happened, as rows of a report: who, what, and how much a reader needs to see it. */
import type { LogEntry } from '../check/checker.js';

/** In the order of what matters most to whoever reads. */
export type RowKind =
  | 'broken'
  | 'fault'
  | 'heals'
  | 'failover'
  | 'proof'
  | 'vm'
  | 'asked'
  | 'view'
  | 'storage'
  | 'detail';

export interface Row {
  atMs: number;
  kind: RowKind;
  /** What stands in the first column where the subjects do not: for VMs what became of them. */
  verb: string | null;
  subjects: string[];
  text: string;
  /** Rows of one key may be told as one; null: never. */
  fold: string | null;
  /** Everything it names; the VM and the volume that it is about. */
  names: string[];
  vm: string | null;
  volume: string | null;
}

/** What begins an incident, and what is in hand while it lasts. */
export const isHard = ({ kind }: Row): boolean =>
  kind === 'broken' || kind === 'fault' || kind === 'failover' || kind === 'proof';

const details: ReadonlySet<string> = new Set([
  'volume.requested',
  'volume.created',
  'volume.deleting',
  'volume.deleted',
  'attachment.requested',
  'attachment.opened',
  'attachment.reopening',
  'attachment.revoking',
  'attachment.gone',
  'vm.requested',
  'vm.created',
  'vm.starting',
  'vm.started',
  'vm.settled',
  'vm.halted',
  'vm.deleting',
  'vm.stopping',
  'vm.moving',
  'vm.switched',
  'vm.migrating',
  'vm.migrated',
  'vm.start-requested',
  'vm.stop-requested',
  'vm.delete-requested',
  'vm.migrate-requested',
  'vm.reboot-requested',
  'vm.relocate-requested',
  'host.power-verified',
  'plant.storage',
]);

/** Faults of a scenario's timeline; what people do to VMs and to the cluster is asked for. */
const isAskedFor = (text: string): boolean => /^(vm\.(?!crash)|host\.maintenance|ha\.)/.test(text);

/** In order, each entry a row; what is inflicted goes before what it does at the same moment. */
export function rowsOf(log: readonly LogEntry[]): Row[] {
  const rows = log.map((entry) => rowOf(entry));
  const rank = ({ kind }: Row): number => (kind === 'fault' ? 0 : 1);
  rows.sort((a, b) => a.atMs - b.atMs || rank(a) - rank(b));
  return rows.filter((row, at) => !isSaidBefore(rows, row, at));
}

/** The fault that cuts the power says so itself. */
function isSaidBefore(rows: readonly Row[], row: Row, at: number): boolean {
  if (row.kind !== 'fault' || row.text !== losesPower) return false;
  const isNear = (other: Row | undefined): boolean =>
    other?.atMs === row.atMs && other.kind === 'fault' && /^host(-|\.)power/.test(other.text);
  return isNear(rows[at + 1]) || isNear(rows[at - 1]);
}

const losesPower = 'loses its power';

function rowOf(entry: LogEntry): Row {
  const { atMs, event, text, data } = entry;
  const named = ['vm', 'host', 'volume', 'attachment', 'target'].flatMap((field) =>
    typeof data[field] === 'string' ? [data[field]] : [],
  );
  const row = (kind: RowKind, subject: string, says: string, more: Partial<Row> = {}): Row => ({
    atMs,
    kind,
    verb: null,
    subjects: subject === '' ? [] : [subject],
    text: says,
    fold: null,
    names: named,
    vm: typeof data['vm'] === 'string' ? data['vm'] : null,
    volume: typeof data['attachment'] === 'string' ? data['attachment'] : null,
    ...more,
  });
  const [noun = '', verb = ''] = event.split('.');
  switch (noun) {
    case 'fault':
      return faultRow(entry, row);
    case 'timeline':
      return row(isAskedFor(text) ? 'asked' : 'fault', '', text);
    case 'asked':
      return row('asked', '', text);
    case 'refused':
      return row('asked', '', `refused: ${text}`);
    case 'invariant':
      return row('broken', '', text);
    case 'view':
      return row('view', String(data['host']), text, { fold: `view/${String(data['host'])}` });
    case 'all':
      return row('heals', '', text);
    case 'plant':
      if (verb === 'power-off') return row('fault', text, losesPower);
      if (verb === 'watchdog') return row('fault', text, 'is reset by its watchdog');
      if (verb === 'boot') return row('vm', text, '', { verb: 'boots', fold: event });
      return row('detail', text.split(' ')[0] ?? '', text);
    case 'host':
      return hostRow(entry, row, verb);
    case 'copy':
      return copyRow(entry, row, verb);
    case 'attachment':
      return attachmentRow(entry, row);
    default:
      return otherRow(entry, row, noun, verb);
  }
}

type Make = (kind: RowKind, subject: string, says: string, more?: Partial<Row>) => Row;

function faultRow({ event, data, text }: LogEntry, row: Make): Row {
  const { fault, target, lastsMs } = data;
  if (typeof fault !== 'string') return row('fault', '', text);
  const kind = fault.replace(/^#\d+ /, '');
  const number = /^#\d+/.exec(fault)?.[0] ?? '';
  if (event === 'fault.heals') return row('heals', String(target), `${kind} is over (${number})`);
  return row('fault', String(target), `${kind} for ${(Number(lastsMs) / 1000).toFixed(1)} s (${number})`);
}

/** The sentence without the name that begins it. */
const sentence = (text: string): string => text.replace(/^[\w-]+: /, '');

function hostRow({ event, text, data }: LogEntry, row: Make, verb: string): Row {
  const host = String(data['host'] ?? '');
  if (details.has(event)) return row('detail', host, sentence(text));
  if (verb.startsWith('proof-')) return row('proof', host, `${verb.slice('proof-'.length)}: ${sentence(text)}`);
  if (verb === 'fenced-though-healthy') return row('failover', host, 'is fenced though nothing is wrong with it');
  const isUsual = verb === 'joining' || verb === 'online';
  return row('failover', host, `${verb}: ${sentence(text)}`, isUsual ? { fold: event } : {});
}

function copyRow({ event, text, data }: LogEntry, row: Make, verb: string): Row {
  const [vm, host] = [String(data['vm']), String(data['host'])];
  if (verb === 'ended') {
    const why = text.split(': ').at(-1) ?? '';
    if (why === 'migrated') return row('detail', vm, text);
    return row('vm', vm, `on ${host}: ${why}`, { verb: 'ended', fold: `${event}/${host}/${why}` });
  }
  const where = `${vm} on ${host} (g${String(data['generation'])})`;
  return row('vm', where, '', { verb: verb === 'moved' ? 'moved' : 'runs', fold: event });
}

function attachmentRow({ event, text, data }: LogEntry, row: Make): Row {
  const volume = String(data['attachment']);
  if (event !== 'attachment.revoked') return row(details.has(event) ? 'detail' : 'storage', volume, sentence(text));
  const lost = /^[\w-]+: (\S+) lost its access at generation \d+: (.*)$/.exec(text);
  const says = lost ? `taken from ${lost[1]}: ${lost[2]}` : sentence(text);
  return row('storage', volume, says, { fold: `${event}/${says}` });
}

function otherRow({ event, text, data }: LogEntry, row: Make, noun: string, verb: string): Row {
  const subject = String(data[noun] ?? '');
  const says = sentence(text);
  if (details.has(event)) return row('detail', subject, `${noun} ${verb}: ${says}`);
  if (event === 'vm.placed') {
    const where = `${subject} on ${String(data['host'])} (g${String(data['generation'])})`;
    return row('vm', where, '', { verb: 'placed', fold: event });
  }
  return row('vm', subject, says, { verb, fold: `${event}/${says}` });
}

const foldWithinMs = 2000;
const mostSubjects = 6;

/** Rows that say the same of several within a moment become one; nothing is folded across a fault or a decision. */
export function folded(rows: readonly Row[]): Row[] {
  const out: Row[] = [];
  let hardAt = -1;
  for (const row of rows) {
    let at = row.fold === null ? -1 : out.length - 1;
    while (at > hardAt && !isSameMoment(out[at] as Row, row)) at -= 1;
    const before = out[at];
    if (row.fold !== null && before && at > hardAt) {
      out[at] = joined(before, row);
      continue;
    }
    if (isHard(row) && row.fold === null) hardAt = out.length;
    out.push(row);
  }
  return out;
}

function joined(before: Row, row: Row): Row {
  const names = [...before.names, ...row.names];
  if (row.kind === 'view') return { ...before, names, text: `${before.text}; ${row.text}` };
  return { ...before, names, subjects: [...before.subjects, ...row.subjects] };
}

const isSameMoment = (before: Row, row: Row): boolean =>
  before.fold === row.fold && row.atMs - before.atMs <= foldWithinMs;

/** The subjects as one text: all of a few, the first of many. */
export function subjectText({ subjects, kind }: Row): string {
  const once = [...new Set(subjects)];
  if (kind === 'storage' && once.length > 1) return `${once.length} volumes`;
  const shown = once.slice(0, mostSubjects).join(', ');
  return once.length > mostSubjects ? `${shown} and ${once.length - mostSubjects} more` : shown;
}
