import type { Subscription } from '@holdfast/bus';
import type { Response } from 'express';

/**
 * A client that has this much unread is cut off; it may come back with `Last-Event-ID` and goes on
 * from there.
 */
export const maxUnreadBytes = 1_048_576;
const heartbeatMs = 15_000;
/** What browsers wait before they reconnect. */
const reconnectMs = 1000;
const caughtUpFrame = 'event: caught-up\ndata: {}\n\n';

/** One client's stream of server-sent events. */
export class EventStream {
  /** Arrived before the headers could go out. */
  private early: Buffer[] = [];
  private earlyBytes = 0;
  /** What it is to end with once it is open. */
  private ending: string | null = null;
  private isOpen = false;
  private isOver = false;
  private subscription: Subscription | null = null;
  private heartbeat: NodeJS.Timeout | null = null;

  /** @param mayGoOn asked at each heartbeat: whoever was let in may have lost the right to it since. */
  constructor(
    private readonly response: Response,
    private readonly mayGoOn: () => Promise<boolean>,
  ) {
    response.once('close', () => this.stop());
  }

  open(subscription: Subscription): void {
    this.subscription = subscription;
    if (this.isOver) {
      this.unsubscribe();
      return;
    }
    this.isOpen = true;
    this.response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Proxies that buffer would hold events back.
      'X-Accel-Buffering': 'no',
    });
    this.response.write(`retry: ${reconnectMs}\n: following\n\n`);
    for (const frame of this.early) this.write(frame);
    this.early = [];
    if (this.ending !== null) return this.endWith(this.ending);
    this.heartbeat = setInterval(() => void this.beat(), heartbeatMs);
    this.heartbeat.unref();
  }

  send(frame: Buffer): void {
    if (this.isOpen) {
      this.write(frame);
      return;
    }
    if (this.ending !== null) return;
    this.earlyBytes += frame.length;
    // Whoever comes back goes on from what it was sent, so that is to be something.
    if (this.earlyBytes > maxUnreadBytes / 2) this.ending = '';
    else this.early.push(frame);
  }

  /** That was all there is, for somebody who does not want to wait for more. */
  finish(): void {
    if (this.isOpen) this.endWith(caughtUpFrame);
    else this.ending ??= caughtUpFrame;
  }

  private endWith(frame: string): void {
    if (this.isOver) return;
    if (frame !== '') this.write(frame);
    this.end();
  }

  end(): void {
    if (this.isOpen && !this.isOver) this.response.end();
    this.stop();
  }

  private async beat(): Promise<void> {
    // While it cannot be told, as no request would be let in either.
    if (await this.mayGoOn().catch(() => false)) this.write(': still here\n\n');
    else this.end();
  }

  private write(frame: Buffer | string): void {
    if (this.isOver) return;
    if (this.response.writableLength + frame.length > maxUnreadBytes) {
      this.response.destroy();
      this.stop();
      return;
    }
    this.response.write(frame);
  }

  private stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.heartbeat) clearInterval(this.heartbeat);
    this.unsubscribe();
  }

  private unsubscribe(): void {
    // A bus that is gone has closed it already.
    this.subscription?.close().catch(() => undefined);
  }
}
