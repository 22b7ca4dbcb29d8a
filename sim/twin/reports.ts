/** The twin of how an agent's reports are stored: one at a time, and only when there is something to say. */
import type { Observed } from '@holdfast/contracts';
import { isReportDue, toldNow, type ToldReport } from '@holdfast/host-agent/core';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';

const retryMs = 500;
const lastReportPollMs = 50;

export class TwinReports {
  private publishing = false;
  private again = false;
  private told: ToldReport | null = null;
  /** The real client is told that it connects anew. */
  private server: string | null = null;

  constructor(
    private readonly process: Process,
    private readonly bus: Bus,
    private readonly report: () => Observed,
  ) {}

  publish(): void {
    const { process, bus } = this;
    if (this.publishing) {
      this.again = true;
      return;
    }
    this.publishing = true;
    this.again = false;
    const end = (): void => {
      this.publishing = false;
      if (this.again) this.publish();
    };
    const server = bus.serverOf(process.machine.name);
    if (server !== this.server) this.told = null;
    this.server = server;
    if (server === null) {
      process.after(retryMs, () => {
        end();
        this.publish();
      });
      return;
    }
    const report = this.report();
    if (isReportDue(this.told, report)) this.store(report, end);
    else end();
  }

  /** What it saw last is to be stored before it ends. */
  sayLast(deadlineMs: number, done: () => void): void {
    const { process, bus } = this;
    const report = this.report();
    const again = (): void => {
      if (process.nowMs() >= deadlineMs) done();
      else process.after(lastReportPollMs, () => this.sayLast(deadlineMs, done));
    };
    if (this.publishing || !bus.isConnected(process.machine.name)) {
      again();
      return;
    }
    bus.bucket<Observed>('observed').put(process, process.machine.name, report, (outcome) => {
      if (outcome.ok) done();
      else again();
    });
  }

  private store(report: Observed, end: () => void): void {
    const { process, bus } = this;
    bus.bucket<Observed>('observed').put(process, process.machine.name, report, (outcome) => {
      this.told = outcome.ok ? toldNow(this.told, report) : null;
      if (!outcome.ok) process.after(retryMs, () => this.publish());
      end();
    });
  }
}
