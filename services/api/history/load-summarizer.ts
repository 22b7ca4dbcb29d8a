import type { Bus, Subscription } from '@holdfast/bus';
import { hostLoad, loadSummaries, loadSummaryMs, type LoadSummary } from '@holdfast/contracts';
import { Logger } from '@nestjs/common';
import type { ClusterView } from '../cluster-view.js';
import { LoadGathering } from './load-summary.js';

const lookEveryMs = 15_000;
/** Told to nobody for as long as this, a summary is given up: the stream itself keeps what it has. */
const giveUpAfterMs = 4 * loadSummaryMs;

/** Sums up what the hosts say of their load, and puts it into a stream for the database, which may be away. */
export class LoadSummarizer {
  private readonly logger = new Logger('load');
  private readonly gathering: LoadGathering;
  private untold: LoadSummary[] = [];
  private subscription: Subscription | null = null;
  private timer: NodeJS.Timeout | undefined;
  private telling: Promise<void> = Promise.resolve();

  constructor(private readonly bus: Bus, view: ClusterView, private readonly nowMs: () => number = Date.now) {
    this.gathering = new LoadGathering((vm) => view.vm(vm)?.uid ?? null);
  }

  async start(): Promise<void> {
    this.subscription = await this.bus.listen(hostLoad, (load, sender) => {
      if (load.host === sender.node) this.gathering.add(load, this.nowMs());
    });
    this.timer = setInterval(() => {
      this.telling = this.telling.then(() => this.tell());
    }, lookEveryMs);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.subscription?.close();
    await this.telling;
  }

  /** Puts into the stream what is finished. */
  async tell(): Promise<void> {
    const nowMs = this.nowMs();
    this.untold.push(...this.gathering.take(nowMs));
    this.untold = this.untold.filter(({ atMs }) => nowMs - atMs < giveUpAfterMs);
    try {
      for (let [summary] = this.untold; summary !== undefined; [summary] = this.untold) {
        const { host, atMs, samples } = summary;
        // Another API that heard as much makes the same one.
        await this.bus.append(loadSummaries, host, `${host}.${atMs}.${samples}`, summary);
        this.untold.shift();
      }
    } catch (error) {
      this.logger.warn(`${this.untold.length} summaries wait: ${String(error)}`);
    }
  }
}
