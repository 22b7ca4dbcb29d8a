/** Two accounts of one story, the simulator's and the lab's: whether the same happened in the same order. */

/** One public event, with hosts and VMs named as in the scenario. */
export interface ToldEvent {
  /** When it was decided; each account has its own beginning. */
  atMs: number;
  /** `noun.past-tense-verb` */
  event: string;
  /** The record it is of. */
  key: string;
  data: Readonly<Record<string, unknown>>;
}

/** Told of these; what is told of volumes and their attachments follows from it. */
const nouns = new Set(['host', 'vm', 'drain']);

/** Left out of the comparison because they come by the clock or by a race, not in an order. */
export const leftOut: Readonly<Record<string, string>> = {
  'host.power-verified': 'power switches are checked every now and then',
  'host.proof-failed': 'proofs race; whether one that nobody waits for has failed before is chance',
  'drain.progressed': 'how many are left is looked at now and then',
  'vm.cleared': 'said of a half that was still being ended when its host was asked',
  'vm.move-unclear': 'said when one half of a move speaks seconds after the other',
  'vm.settled': 'said after a quiet minute, for which the lab does not wait',
  'host.fenced-though-healthy': "no event: a remark of the simulator's checker",
};

/**
 * What causes what across records: where the effect came after the cause in one account, it did in the other. The
 * cause is of the first noun, the effect of the second. Besides, proofs go on arriving when they are no longer needed.
 */
export const causes: readonly (readonly [cause: string, effect: string])[] = [
  ['host.suspect', 'vm.recovering'],
  ['host.fencing', 'vm.recovering'],
  ['host.proof-obtained', 'vm.placed'],
  ['host.fenced', 'vm.started'],
  ['vm.recovering', 'host.joining'],
  ['vm.recovering', 'host.online'],
  ['host.online', 'vm.migrating'],
  ['drain.begun', 'vm.migrating'],
  ['vm.switched', 'host.maintenance'],
  ['vm.migrated', 'host.maintenance'],
  ['host.maintenance', 'drain.completed'],
  ['drain.ending', 'host.activated'],
  ['host.activated', 'vm.migrating'],
  ['host.activated', 'drain.ended'],
];

const nounOf = (event: string): string => event.split('.')[0] ?? '';

/** How hosts are called in the sequence of a VM. */
export type HostNaming = 'by-name' | 'by-order';

/**
 * Of several hosts that may take a VM the same is chosen in both accounts, unless more than one VM moves: then it is
 * chance which asks first, and a VM's hosts are called by the order in which it comes to them.
 */
export function hostNamingFor(simulated: readonly ToldEvent[]): HostNaming {
  const hosts = new Map<string, Set<unknown>>();
  for (const { event, key, data } of simulated) {
    if (event !== 'vm.placed' && event !== 'vm.migrating') continue;
    hosts.set(key, (hosts.get(key) ?? new Set()).add(data['to'] ?? data['host']));
  }
  return [...hosts.values()].filter(({ size }) => size > 1).length > 1 ? 'by-order' : 'by-name';
}

/** The sequence of each record, by `noun key`, in the words that are compared. */
export function sequencesOf(events: readonly ToldEvent[], naming: HostNaming = 'by-name'): Map<string, string[]> {
  const sequences = new Map<string, string[]>();
  const comeTo = new Map<string, string[]>();
  for (const told of compared(events)) {
    const name = `${nounOf(told.event)} ${told.key}`;
    const known = comeTo.get(name) ?? [];
    comeTo.set(name, known);
    const hostName = (host: string): string => {
      if (naming === 'by-name') return host;
      if (!known.includes(host)) known.push(host);
      return `host ${known.indexOf(host) + 1}`;
    };
    sequences.set(name, [...(sequences.get(name) ?? []), wordsOf(told, hostName)]);
  }
  return sequences;
}

/** Without what is left out, and of each incident's proofs the first alone. */
function compared(events: readonly ToldEvent[]): ToldEvent[] {
  const proven = new Set<string>();
  return events.filter(({ event, key }) => {
    if (!nouns.has(nounOf(event)) || event in leftOut) return false;
    if (event === 'host.online') proven.delete(key);
    if (event !== 'host.proof-obtained') return true;
    if (proven.has(key)) return false;
    proven.add(key);
    return true;
  });
}

/** What was decided, and about whom; not by which proof, which is a race. */
function wordsOf({ event, data }: ToldEvent, hostName: (host: string) => string): string {
  const { verdict, host, from, to, generation } = data;
  const isVm = nounOf(event) === 'vm';
  const words = [
    event,
    // Whether the power switch was read in time is a race.
    verdict === 'power-lost' ? 'dead' : typeof verdict === 'string' ? verdict : '',
    isVm && typeof from === 'string' ? `from ${hostName(from)}` : '',
    isVm && typeof (to ?? host) === 'string' ? `on ${hostName(String(to ?? host))}` : '',
    isVm && typeof generation === 'number' ? `g${generation}` : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** How far an account has come in the other: short of it, at its end, or somewhere else. */
export function progress(
  real: ReadonlyMap<string, readonly string[]>,
  expected: ReadonlyMap<string, readonly string[]>,
): 'short' | 'there' | 'astray' {
  let isThere = true;
  for (const [name, words] of expected) {
    const said = real.get(name) ?? [];
    if (words.some((word, index) => said[index] !== undefined && said[index] !== word)) return 'astray';
    if (said.length < words.length) isThere = false;
  }
  return isThere ? 'there' : 'short';
}

/** Sentences: every record whose sequence differs, told side by side, and every cause that came too late. */
export function disagreements(simulated: readonly ToldEvent[], real: readonly ToldEvent[]): string[] {
  const naming = hostNamingFor(simulated);
  const [expected, found] = [sequencesOf(simulated, naming), sequencesOf(real, naming)];
  const names = [...new Set([...expected.keys(), ...found.keys()])];
  const differing = names.filter((name) => !isSame(expected.get(name) ?? [], found.get(name) ?? []));
  return [
    ...differing.map((name) => sideBySide(name, expected.get(name) ?? [], found.get(name) ?? [])),
    ...lateCauses(compared(simulated), compared(real)),
  ];
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, index) => word === b[index]);

function sideBySide(name: string, simulated: readonly string[], real: readonly string[]): string {
  const width = Math.max(...simulated.map(({ length }) => length), 'simulated'.length);
  const rows = Array.from({ length: Math.max(simulated.length, real.length) }, (_, index) => {
    const [left = '-', right = '-'] = [simulated[index], real[index]];
    return `${left === right ? ' ' : '!'} ${left.padEnd(width)} | ${right}`;
  });
  return [`${name}:`, `  ${'simulated'.padEnd(width)} | real`, ...rows].join('\n');
}

/** Of each pair of records: before the nth effect there were at least as many causes as in the simulator. */
function lateCauses(simulated: readonly ToldEvent[], real: readonly ToldEvent[]): string[] {
  const found: string[] = [];
  for (const [cause, effect] of causes) {
    for (const causing of keysOf(simulated, cause)) {
      for (const caused of keysOf(simulated, effect)) {
        const expected = countsBefore(simulated, [cause, causing], [effect, caused]);
        countsBefore(real, [cause, causing], [effect, caused]).forEach((count, index) => {
          const least = expected[index] ?? 0;
          if (count >= least) return;
          found.push(`${effect} ${caused} (number ${index + 1}) came after ${count} ${cause} ${causing}, not ${least}`);
        });
      }
    }
  }
  return found;
}

const keysOf = (events: readonly ToldEvent[], name: string): string[] => [
  ...new Set(events.filter(({ event }) => event === name).map(({ key }) => key)),
];

function countsBefore(
  events: readonly ToldEvent[],
  [cause, causing]: [string, string],
  [effect, caused]: [string, string],
): number[] {
  return events
    .filter(({ event, key }) => event === effect && key === caused)
    .map(({ atMs }) => events.filter((told) =>
      told.event === cause && told.key === causing && told.atMs <= atMs).length);
}
