import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { heartbeatSchema, storageDeafAfterMs, type Heartbeat } from '@holdfast/contracts';
import { signedAck, type Clock } from '@holdfast/runtime';

const maxHosts = 10_000;

/** What this node has to say to a host that it hears. */
export interface Acknowledger {
  node: string;
  /** The smallest epoch of that host that is accepted here, as it is on disk. */
  epochFloor(host: string): number;
  /** Null while it is not loaded. */
  ackKey(host: string): string | null;
}

/**
 * Hears agents over the storage network, independent of the bus and of the management network. A datagram can be forged
 * by any host on that network, so it is a view that may hold or direct suspicion, and never a proof of anything. Each
 * is answered by one that cannot be forged: so a host knows, without the bus, that it is heard, and whether it was
 * revoked.
 */
export class HostListener {
  private readonly heardAtMs = new Map<string, number>();
  /** When a host's lease was last renewed, on the monotonic clock. */
  private readonly renewedAtMs = new Map<string, number>();
  /** When it began to hear: no earlier life of it could hear, nor renew, from then on. */
  private startedAtMs: number | null = null;
  private hearsSinceMs = 0;
  private lastHeardMs: number | null = null;
  private socket: Socket | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly acknowledger: Acknowledger,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  async start(address: string, port: number): Promise<number> {
    const socket = createSocket('udp4', (message, from) => this.hear(message, from));
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, resolve);
    });
    this.startedAtMs = this.monotonicMs();
    return socket.address().port;
  }

  heardAgoMs(host: string): number | null {
    const atMs = this.heardAtMs.get(host);
    return atMs === undefined ? null : this.clock.nowMs() - atMs;
  }

  /**
   * How long ago it last renewed that host's lease: acknowledged a heartbeat with a floor that is not above its epoch.
   * What it did in an earlier life it does not know; that ended before this one could bind the port, so it counts from
   * there. It counts from what it heard, which is later than the sending that the host itself counts from: so it never
   * says too much.
   */
  renewedAgoMs(host: string): number {
    const nowMs = this.monotonicMs();
    return nowMs - (this.renewedAtMs.get(host) ?? this.startedAtMs ?? nowMs);
  }

  /** For how long it has heard hosts without a gap; 0 while it is deaf, which may be its own link's fault. */
  hearsForMs(): number {
    const nowMs = this.clock.nowMs();
    return this.isDeaf(nowMs) ? 0 : nowMs - this.hearsSinceMs;
  }

  private isDeaf(nowMs: number): boolean {
    return this.lastHeardMs === null || nowMs - this.lastHeardMs > storageDeafAfterMs;
  }

  stop(): void {
    this.socket?.close();
    this.socket = null;
  }

  private hear(message: Buffer, from: RemoteInfo): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(message.toString('utf8'));
    } catch {
      return;
    }
    const heartbeat = heartbeatSchema.safeParse(parsed);
    if (!heartbeat.success) return;
    const { host } = heartbeat.data;
    if (this.heardAtMs.size >= maxHosts && !this.heardAtMs.has(host)) return;
    const nowMs = this.clock.nowMs();
    if (this.isDeaf(nowMs)) this.hearsSinceMs = nowMs;
    this.lastHeardMs = nowMs;
    this.heardAtMs.set(host, nowMs);
    this.acknowledge(heartbeat.data, from);
  }

  private acknowledge({ host, bootId, life, sequence, epoch }: Heartbeat, from: RemoteInfo): void {
    const { acknowledger } = this;
    const key = acknowledger.ackKey(host);
    if (life === undefined || key === null) return;
    const epochFloor = acknowledger.epochFloor(host);
    if (epochFloor <= epoch) this.renewedAtMs.set(host, this.monotonicMs());
    const ack = { node: acknowledger.node, host, bootId, life, sequence, epochFloor };
    const datagram = signedAck(ack, key);
    this.socket?.send(datagram, from.port, from.address, () => undefined);
  }
}
