/** What failover needs of the world outside. */
import type { ProbeAnswer } from '@holdfast/runtime';

export type { ProbeAnswer };

export class PowerError extends Error {
  constructor(
    readonly code: 'timeout' | 'unreachable' | 'authentication' | 'wrong-machine' | 'configuration' | 'internal',
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

/** One device that can switch a host off. */
export interface FenceDevice {
  /** Unique among the devices of its host. */
  name: string;
  power: PowerSwitch;
  /**
   * How the device is known to be this host's: `reported`, by the system UUID that it says itself, or by the UUID that
   * the operator's configuration names, null if it names none.
   */
  identity: 'reported' | { machine: string | null };
  /** All that it is asked at once must be done within. */
  timeoutMs: number;
}

/** The devices of one host. Levels are tried in order; in one level every device must do its part. */
export interface HostFencing {
  levels: readonly (readonly FenceDevice[])[];
  /** Fingerprint: what was found of the devices under another one counts no more. */
  configuration: string;
}

export interface HostProbe {
  probe(address: string, port: number, timeoutMs: number): Promise<ProbeAnswer>;
}
