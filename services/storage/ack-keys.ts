import { BusError } from '@holdfast/bus';
import type { Observed } from '@holdfast/contracts';
import type { Projection, RunnerLog } from '@holdfast/runtime';
import type { ChapSecrets } from './secrets.js';

/** Gives every host that reports the key by which it knows this node's acknowledgements. */
export class AckKeys {
  /** By host: the key of its own to which ours is sealed, or is being sealed. */
  private readonly sealedTo = new Map<string, string>();

  constructor(
    private readonly observed: Projection<Observed>,
    private readonly secrets: ChapSecrets,
    private readonly log: RunnerLog,
  ) {}

  offerAll(): void {
    for (const { host } of this.observed.values()) this.offer(host);
  }

  /** One that fails is offered again with the next look. */
  offer(host: string): void {
    const sealKey = this.observed.value(host)?.sealKey;
    if (sealKey === undefined || this.sealedTo.get(host) === sealKey) return;
    this.sealedTo.set(host, sealKey);
    this.secrets.sealAckKey(host, sealKey).catch((error: unknown) => {
      this.sealedTo.delete(host);
      if (!(error instanceof BusError)) throw error;
      this.log.info({ host, err: error }, 'its key for acknowledgements is not stored yet');
    });
  }
}
