/** The port of failover to a BMC, over a simulated one. */
import { PowerError, type PowerSwitch } from '../../services/failover/ports.js';
import type { Bmc } from '../world/bmc.js';
import type { VirtualTime } from './virtual-time.js';

export class WorldPower implements PowerSwitch {
  constructor(
    private readonly bmc: Bmc,
    private readonly time: VirtualTime,
  ) {}

  systemUuid(): Promise<string> {
    return this.ask(() => this.bmc.systemUuid());
  }

  read(): Promise<'on' | 'off'> {
    return this.ask(() => this.bmc.read());
  }

  async set(state: 'on' | 'off'): Promise<void> {
    await this.ask(() => {
      if (state === 'on') this.bmc.on();
      else this.bmc.off();
      return state;
    });
  }

  private async ask<T>(answer: () => T): Promise<T> {
    const answered = await this.time.when<T | null>((done) => this.bmc.ask(answer, done));
    if (answered === null) throw new PowerError('timeout', `the BMC of ${this.bmc.host} does not answer`);
    return answered;
  }
}
