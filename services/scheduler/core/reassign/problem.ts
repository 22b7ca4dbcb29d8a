/**
 * Which machine each process should be on: the machine reassignment problem of the ROADEF/EURO challenge 2012, in flat
 * columns. Rows are numbered from 0; a table of two dimensions lies row after row.
 */
export interface Problem {
  machines: number;
  processes: number;
  resources: number;
  services: number;
  locations: number;
  neighbourhoods: number;
  /** By resource: 1 when a moved process takes room on its old machine as well. */
  transient: Uint8Array;
  /** By resource: of what is used above the safety capacity. */
  loadWeight: Float64Array;
  /** By machine and resource. */
  capacity: Float64Array;
  safety: Float64Array;
  /** By machine. */
  location: Int32Array;
  neighbourhood: Int32Array;
  /** By machine left and machine taken; null where all are alike. */
  moveCost: null | Float64Array | Uint8Array | Uint16Array | Uint32Array;
  /** By process. No two of one service are on one machine; `fixed` 1 keeps it where it is. */
  service: Int32Array;
  fixed: Uint8Array;
  processMoveCost: Float64Array;
  /** By process and resource. */
  requirement: Float64Array;
  /** By service: locations that it is in at least. */
  spread: Int32Array;
  /** By service: `dependsOn` from `dependencyStart[s]` up to that of the next. */
  dependencyStart: Int32Array;
  dependsOn: Int32Array;
  balances: readonly Balance[];
  weights: { processMove: number; serviceMove: number; machineMove: number };
  /** Where each process is at the start. */
  initial: Int32Array;
  /** Left out: what is used evenly costs nothing less. */
  evenness?: Evenness;
  /** By process: a row of `bits`, -1 where it may be on any machine. A row has 32 machines to a word. */
  places?: { rowOf: Int32Array; bits: Int32Array };
}

/** Of each machine and resource: `weight` for the square of how far `usage * scale` is from the goal. */
export interface Evenness {
  /** By resource. */
  weight: Float64Array;
  goal: Float64Array;
  /** By machine and resource. */
  scale: Float64Array;
}

/** Of each machine: `target` times what is free of `a`, as far as less than that is free of `b`. */
export interface Balance {
  a: number;
  b: number;
  target: number;
  weight: number;
}

/** Where each process is. */
export type Assignment = Int32Array;
