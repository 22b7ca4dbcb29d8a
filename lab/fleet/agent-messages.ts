/** What the fleet and its processes full of agents say to each other. */

export type AgentOrder =
  | { kind: 'connect'; servers: string[]; caFile: string; incarnation: string; directory: string }
  /** Seeds go this way so that they stand in no file and no command line. */
  | { kind: 'start'; hosts: { name: string; seed: string }[] }
  /** Its connection is closed and nothing more is done: as when its process is killed. */
  | { kind: 'kill'; host: string }
  /** Begins anew with how beats are counted. */
  | { kind: 'count' };

/** How the agents of one process kept their time since it was last asked. */
export interface Beats {
  sent: number;
  /** Two intervals or more after the one before: this machine, not the bus, was late. */
  late: number;
  longestGapMs: number;
}

export type AgentAnswer = { lastBeatAtMs?: number; beats?: Beats; failure?: string };

export interface Numbered<T> {
  id: number;
  body: T;
}
