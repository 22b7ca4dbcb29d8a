import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

type Name = `holdfast_${string}`;

/** The metrics of one service; every one carries `service` and `node`. */
export class Metrics {
  readonly registry = new Registry();
  readonly #counts: (() => void)[] = [];

  constructor(labels: { service: string; node: string }) {
    this.registry.setDefaultLabels(labels);
  }

  /** Memory, CPU, event loop and garbage collection of the process. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<L extends string = never>(name: Name, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  gauge<L extends string = never>(name: Name, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  /** @param buckets upper bounds in seconds. */
  histogram<L extends string = never>(
    name: Name,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ): Histogram<L> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  /** Runs before every scrape: for gauges that are counted when asked. */
  beforeCollecting(count: () => void): void {
    this.#counts.push(count);
  }

  async scrape(): Promise<string> {
    for (const count of this.#counts) count();
    return await this.registry.metrics();
  }
}
