/** What must hold at every step of a run. */
export const invariants = {
  'one-writer': 'no write of an older generation lands after a newer one has written',
  'whole-memory': 'no guest goes on from a memory that it had left behind where it came from',
  'proof-before-start': 'no copy starts while an older one elsewhere can still write, or still runs without a disk',
  'one-record': 'of the two records of a VM that is being renamed neither can be started',
  'only-grows': 'generations, epochs and floors only grow',
  memory: 'no host runs more than it has memory for',
  rules: 'no copy begins to run where a strict rule forbids it',
  guests: 'no guest that is well is taken for one that is not, and none is tended for ever',
  policies: 'nothing is done with a VM by itself that its policy forbids',
  'majority-spared': 'a majority of healthy hosts is never fenced for a common cause',
  'wanted-copies': 'no agent destroys a copy that is wanted, and none of an older epoch is left when its host counts',
  'shadow-spares': 'in shadow mode no fence begins',
  'self-fence': 'a host that is cut off from everybody ends what others may start',
  sleep: 'no host is switched off to save power while a VM runs on it',
  'armed-by-person': 'after a restore nothing is taken up before a person has armed the cluster',
  bounds: 'every list and queue stays within its bound',
  'core-assertion': 'no core finds a state that it holds impossible',
  liveness: 'once faults heal, all that should run runs exactly once and nothing is left over',
} as const;
export type Invariant = keyof typeof invariants;
