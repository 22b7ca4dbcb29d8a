/** A BMC in this process, for tests and for running without root. */
import { PowerError } from '../ports.js';
import type { PowerSwitch } from '../ports.js';

export interface SimulatedPowerOptions {
  systemUuid: string | null;
  state?: 'on' | 'off';
  /**
   * Called when the state really changes: this is where a simulated host loses or gets its power.
   */
  onChange?: (state: 'on' | 'off') => void;
}

export class SimulatedPower implements PowerSwitch {
  private state: 'on' | 'off';
  private failure: 'unreachable' | 'authentication' | 'timeout' | null = null;
  private stuck = false;

  constructor(private readonly options: SimulatedPowerOptions) {
    this.state = options.state ?? 'on';
  }

  /** As the machine is, whether its BMC says so or not. */
  get actual(): 'on' | 'off' {
    return this.state;
  }

  async systemUuid(): Promise<string | null> {
    this.assertAnswers();
    return this.options.systemUuid;
  }

  async read(): Promise<'on' | 'off'> {
    this.assertAnswers();
    return this.state;
  }

  async set(state: 'on' | 'off'): Promise<void> {
    this.assertAnswers();
    if (!this.stuck) this.change(state);
  }

  /** From now on every call fails so; null makes the BMC answer again. */
  fail(failure: 'unreachable' | 'authentication' | 'timeout' | null): void {
    this.failure = failure;
  }

  /** While true the BMC takes commands and does nothing, as some do. */
  setStuck(stuck: boolean): void {
    this.stuck = stuck;
  }

  /** The plug is pulled or put back, whatever the BMC was told. */
  change(state: 'on' | 'off'): void {
    if (this.state === state) return;
    this.state = state;
    this.options.onChange?.(state);
  }

  private assertAnswers(): void {
    if (this.failure)
      throw new PowerError(this.failure, `the simulated BMC fails: ${this.failure}`);
  }
}
