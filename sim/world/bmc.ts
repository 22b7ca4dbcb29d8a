import type { Loop } from '../engine/loop.js';

/** A power switch of one host, its BMC or the outlet it is plugged into, with its ways of failing. */
export class Bmc {
  /** The host that it really switches: another one when the cables were swapped. */
  wiredTo: string;
  state: 'well' | 'slow' | 'dead' | 'lying' = 'well';

  constructor(
    private readonly loop: Loop,
    readonly host: string,
    private readonly plant: {
      isPowered(host: string): boolean;
      cutPower(host: string): void;
      givePower(host: string): void;
      uuid(host: string): string;
    },
    private readonly kind: 'bmc' | 'outlet' = 'bmc',
  ) {
    this.wiredTo = host;
  }

  /** Null: no answer in time. */
  ask<T>(answer: () => T, done: (value: T | null) => void): void {
    if (this.state === 'dead') {
      this.loop.after(2000, () => done(null));
      return;
    }
    const slowMs = this.state === 'slow' ? 1500 + this.loop.random(`${this.kind}/${this.host}`).integer(3000) : 0;
    this.loop.after(60 + slowMs, () => done(answer()));
  }

  systemUuid(): string {
    return this.plant.uuid(this.wiredTo);
  }

  read(): 'on' | 'off' {
    if (this.state === 'lying') return 'off';
    return this.plant.isPowered(this.wiredTo) ? 'on' : 'off';
  }

  /** The power goes a little after the command. A liar does nothing. */
  off(): void {
    if (this.state === 'lying') return;
    this.loop.after(100 + this.loop.random(`${this.kind}/${this.host}`).integer(900), () =>
      this.plant.cutPower(this.wiredTo),
    );
  }

  /** For a host that is woken, or by a person. Likewise. */
  on(): void {
    if (this.state === 'lying') return;
    this.loop.after(100 + this.loop.random(`${this.kind}/${this.host}`).integer(900), () =>
      this.plant.givePower(this.wiredTo),
    );
  }
}
