import { createSocket, type Socket } from 'node:dgram';
import type { Bus } from '@holdfast/bus';
import { heartbeat, heartbeatIntervalMs, type Heartbeat, type PoolRecord } from '@holdfast/contracts';
import type { Clock, Projection } from '@holdfast/runtime';

/** Says "I live" to the bus, and past it, over the storage network, to every storage node. */
export class Heartbeats {
  private socket: Socket | null = null;
  private cancel: () => void = () => {};
  private sequence = 0;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly pools: Projection<PoolRecord>,
    private readonly say: () => Pick<Heartbeat, 'host' | 'uuid' | 'bootId' | 'epoch'>,
  ) {}

  start(storageAddress: string): void {
    const socket = createSocket('udp4');
    this.socket = socket;
    // A storage node that cannot be reached is no reason to stop beating.
    socket.on('error', () => undefined);
    socket.bind(0, storageAddress, () => socket.unref());
    this.beat();
  }

  stop(): void {
    this.cancel();
    this.socket?.close();
    this.socket = null;
  }

  private beat(): void {
    this.cancel = this.clock.after(heartbeatIntervalMs, () => this.beat());
    this.sequence += 1;
    const message: Heartbeat = {
      ...this.say(),
      sequence: this.sequence,
      sentAtMs: this.clock.nowMs(),
    };
    if (this.bus.connected) this.bus.broadcast(heartbeat, message);
    const datagram = Buffer.from(JSON.stringify(message));
    for (const { portal, heartbeatPort } of this.pools.values()) {
      this.socket?.send(datagram, heartbeatPort, portal.address, () => undefined);
    }
  }
}
