import type { Bus } from '@holdfast/bus';

/** Why something is not ready, or null when it is. */
export type ReadyCheck = () => string | null | Promise<string | null>;

const checkTimeoutMs = 2000;

async function within(check: ReadyCheck): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('did not answer in time'), checkTimeoutMs);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the service lives and can do its work. */
export class Health {
  readonly #checks = new Map<string, ReadyCheck>();
  readonly #details: (() => object)[] = [];

  readonly #identity: { service: string; node: string };

  constructor({ service, node }: { service: string; node: string }, bus: Bus) {
    this.#identity = { service, node };
    this.addCheck('bus', () => (bus.connected ? null : 'not connected'));
  }

  addCheck(name: string, check: ReadyCheck): void {
    this.#checks.set(name, check);
  }

  /** Adds fields to what `/health/live` says. */
  addDetails(details: () => object): void {
    this.#details.push(details);
  }

  live(): object {
    const details = Object.assign({}, ...this.#details.map((one) => one())) as object;
    return { ok: true, ...this.#identity, ...details };
  }

  async ready(): Promise<{ ok: boolean; reasons: string[] }> {
    const reasons = await Promise.all(
      [...this.#checks].map(async ([name, check]) => {
        const reason = await within(check);
        return reason === null ? [] : [`${name}: ${reason}`];
      }),
    );
    return { ok: reasons.flat().length === 0, reasons: reasons.flat() };
  }
}
