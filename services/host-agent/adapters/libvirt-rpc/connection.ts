/**
 * A connection to libvirtd that comes back: reconnects with backoff after a loss, registers the
 * event callbacks anew each time, and says so, because what happened in between was not seen.
 */
import {
  domainEvent,
  eventProcedure,
  procedures,
  readDomainEvent,
  type DomainEventMessage,
  type Procedure,
} from './procedures.js';
import { LibvirtRpc, RpcError, type RpcOptions } from './rpc.js';

export interface ConnectionOptions {
  rpc: RpcOptions;
  reconnectFirstMs: number;
  reconnectMaxMs: number;
  /**
   * Calls that may take long (start, destroy, migrate), each on a connection of its own; more than
   * this wait.
   */
  longCallsMax: number;
}

export type ConnectionEvent =
  | { kind: 'connected' }
  | { kind: 'disconnected'; reason: string }
  | { kind: 'lifecycle'; message: DomainEventMessage }
  | { kind: 'reboot'; message: DomainEventMessage }
  | { kind: 'watchdog'; message: DomainEventMessage }
  | { kind: 'job-completed'; message: DomainEventMessage };

const eventKinds = new Map([
  [eventProcedure.lifecycle, 'lifecycle'],
  [eventProcedure.reboot, 'reboot'],
  [eventProcedure.watchdog, 'watchdog'],
  [eventProcedure.jobCompleted, 'job-completed'],
] as const) as ReadonlyMap<number, 'lifecycle' | 'reboot' | 'watchdog' | 'job-completed'>;

export class LibvirtConnection {
  private rpc: LibvirtRpc | null = null;
  private reconnectTimer: NodeJS.Timeout | null = null;
  private reconnectMs: number;
  private closed = true;
  private longCalls = 0;
  private readonly longCallLine: (() => void)[] = [];

  constructor(
    private readonly options: ConnectionOptions,
    private readonly emit: (event: ConnectionEvent) => void,
  ) {
    this.reconnectMs = options.reconnectFirstMs;
  }

  get connected(): boolean {
    return this.rpc?.open ?? false;
  }

  /**
   * One attempt; rejects when it fails. Once it succeeded, later losses are repaired in the
   * background.
   */
  async connect(): Promise<void> {
    if (this.connected) return;
    this.closed = false;
    try {
      await this.attempt();
    } catch (error) {
      this.closed = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.reconnectTimer) clearTimeout(this.reconnectTimer);
    this.reconnectTimer = null;
    const rpc = this.rpc;
    this.rpc = null;
    await rpc?.close();
  }

  call<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    args: Arguments,
    timeoutMs: number,
  ): Promise<Result> {
    if (!this.rpc) return Promise.reject(new RpcError('disconnected', 'not connected to libvirtd'));
    return this.rpc.call(procedure, args, timeoutMs);
  }

  /**
   * A call that may hold its place at the daemon for long, on a connection of its own, so that
   * it takes none of the few places of the main one. Costs about 2 ms more.
   */
  async callLong<Arguments, Result>(
    procedure: Procedure<Arguments, Result>,
    args: Arguments,
    timeoutMs: number,
  ): Promise<Result> {
    const deadlineMs = performance.now() + timeoutMs;
    await this.enterLongCall(timeoutMs);
    try {
      const rpc = await LibvirtRpc.open(this.options.rpc);
      try {
        return await rpc.call(procedure, args, Math.max(1, deadlineMs - performance.now()));
      } finally {
        // Not awaited: a daemon that hangs must not hold the answer back.
        void rpc.close();
      }
    } finally {
      this.longCalls -= 1;
      this.longCallLine.shift()?.();
    }
  }

  private async enterLongCall(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (this.longCalls >= this.options.longCallsMax) {
      if (this.longCallLine.length >= this.options.rpc.waitingMax) {
        throw new RpcError('overloaded', 'too many long calls wait for libvirtd');
      }
      await this.waitInLine(deadlineMs - performance.now());
    }
    this.longCalls += 1;
  }

  private waitInLine(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.longCallLine.splice(this.longCallLine.indexOf(proceed), 1);
        reject(new RpcError('timeout', 'no free place for a long call to libvirtd'));
      }, timeoutMs);
      this.longCallLine.push(proceed);
    });
  }

  private async attempt(): Promise<void> {
    const rpc = await LibvirtRpc.open(this.options.rpc);
    rpc.onEvent((procedure, body) => {
      const kind = eventKinds.get(procedure);
      if (kind) this.emit({ kind, message: readDomainEvent(body) });
    });
    try {
      for (const event of Object.values(domainEvent)) {
        await rpc.call(procedures.eventRegister, { event }, this.options.rpc.connectTimeoutMs);
      }
      if (this.closed) throw new RpcError('disconnected', 'closed while connecting');
      if (!rpc.open) throw new RpcError('disconnected', 'lost while connecting');
    } catch (error) {
      await rpc.close();
      throw error;
    }
    this.rpc = rpc;
    this.reconnectMs = this.options.reconnectFirstMs;
    rpc.onClose((error) => this.lost(rpc, error));
    this.emit({ kind: 'connected' });
  }

  private lost(rpc: LibvirtRpc, error: RpcError): void {
    if (this.rpc !== rpc) return;
    this.rpc = null;
    this.emit({ kind: 'disconnected', reason: error.message });
    this.retryLater();
  }

  private retryLater(): void {
    if (this.closed) return;
    const delayMs = this.reconnectMs;
    this.reconnectMs = Math.min(delayMs * 2, this.options.reconnectMaxMs);
    this.reconnectTimer = setTimeout(() => {
      this.attempt().catch(() => this.retryLater());
    }, delayMs);
  }
}
