/** What failover needs of the world outside. */

export class PowerError extends Error {
  constructor(
    readonly code: 'timeout' | 'unreachable' | 'authentication' | 'wrong-machine' | 'internal',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'PowerError';
  }
}

/** The power switch of one host. Every call has a timeout and throws `PowerError`. */
export interface PowerSwitch {
  /** The system UUID the BMC reports, lower case with dashes, or null if it reports none. */
  systemUuid(): Promise<string | null>;
  read(): Promise<'on' | 'off'>;
  /** Commands the state; resolves when commanded, not when reached: `read` tells. */
  set(state: 'on' | 'off'): Promise<void>;
}

/** Whether a host answers on a path other than the bus. */
export type ProbeAnswer =
  /** The agent answered and says it is well. */
  | { kind: 'answers'; bootId: string }
  /** The host's kernel answers but nobody listens: the agent is down, the host is not. */
  | { kind: 'refused' }
  /** Connected but no answer in time: frozen or hung. */
  | { kind: 'hung' }
  /** Nothing came back. */
  | { kind: 'silent' };

export interface HostProbe {
  probe(address: string, port: number, timeoutMs: number): Promise<ProbeAnswer>;
}
