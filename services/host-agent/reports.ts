import { BusError, type Bus } from '@holdfast/bus';
import { observed, type Observed } from '@holdfast/contracts';
import type { Clock } from '@holdfast/runtime';
import { isReportDue, toldNow, type ToldReport } from './core/index.js';

const retryMs = 500;
const lastReportPollMs = 20;

interface ReportsDeps {
  bus: Bus;
  clock: Clock;
  /** What there is to say now; null while that is nothing. */
  report(): Observed | null;
}

/** Stores what the agent sees, one report at a time, and again when it changed meanwhile. */
export class Reports {
  private publishing = false;
  private again = false;
  /** Reports that were asked for, and the newest of those that is stored. */
  private wanted = 0;
  private stored = 0;
  private told: ToldReport | null = null;

  constructor(private readonly deps: ReportsDeps) {
    // The bus that is found again may not be as it was left.
    deps.bus.onConnectionChange((connected) => {
      this.told = null;
      if (connected) this.publish();
    });
  }

  publish(): void {
    this.wanted += 1;
    if (this.publishing) {
      this.again = true;
      return;
    }
    this.publishing = true;
    this.again = false;
    this.publishNow()
      .catch((error: unknown) => {
        if (!(error instanceof BusError)) throw error;
        this.told = null;
        this.deps.clock.after(retryMs, () => this.publish());
      })
      .finally(() => {
        this.publishing = false;
        if (this.again) this.publish();
      });
  }

  /** Resolves when all that was asked for is stored, or with false when the time for it is over. */
  async settled(withinMs: number): Promise<boolean> {
    const { clock } = this.deps;
    const last = this.wanted;
    const deadlineMs = clock.nowMs() + withinMs;
    while (this.stored < last && clock.nowMs() < deadlineMs) {
      await new Promise<void>((resolve) => void clock.after(lastReportPollMs, resolve));
    }
    return this.stored >= last;
  }

  private async publishNow(): Promise<void> {
    const { bus } = this.deps;
    const report = bus.connected ? this.deps.report() : null;
    if (report === null) return;
    const { wanted, told } = this;
    if (isReportDue(told, report)) {
      await bus.bucket(observed).put(bus.node, report);
      this.told = toldNow(told, report);
    }
    this.stored = wanted;
  }
}
