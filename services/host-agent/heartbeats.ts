import { createSocket, type Socket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import type { Bus } from '@holdfast/bus';
import { heartbeat, heartbeatIntervalMs, type Heartbeat, type PoolRecord } from '@holdfast/contracts';
import { claimedAck, isSignedBy, type Clock, type Projection } from '@holdfast/runtime';
import { lastAckedMs, noContact, withAck, withSent, type Contact } from './core/index.js';

interface HeartbeatsDeps {
  bus: Bus;
  clock: Clock;
  pools: Projection<PoolRecord>;
  say(): Pick<Heartbeat, 'host' | 'uuid' | 'bootId' | 'epoch'>;
  /** By storage node; null while it is not known. */
  ackKey(node: string): Promise<string | null>;
  monotonicMs(): number;
  /** A storage node has named a larger floor than any before. */
  floorRose(): void;
  /** One more has been sent. */
  beaten(): void;
}

/** Says "I live" to the bus, and past it, over the storage network, to every storage node, which acknowledges it. */
export class Heartbeats {
  private socket: Socket | null = null;
  private cancel: () => void = () => {};
  private sequence = 0;
  private contact: Contact = noContact;
  private readonly life = randomUUID();

  constructor(private readonly deps: HeartbeatsDeps) {}

  start(storageAddress: string): void {
    const socket = createSocket('udp4', (datagram) => void this.hear(datagram));
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

  /** The largest floor of this host that a storage node has named: copies of a smaller epoch are revoked. */
  get epochFloor(): number {
    return this.contact.epochFloor;
  }

  /** All that storage nodes have said. */
  get known(): Contact {
    return this.contact;
  }

  /** When the newest heartbeat was sent, on the monotonic clock, that a storage node has acknowledged; null if none. */
  ackedAtMs(): number | null {
    const nodes = new Set(this.deps.pools.values().map(({ node }) => node));
    return lastAckedMs(this.contact, nodes);
  }

  private beat(): void {
    const { bus, clock, pools } = this.deps;
    this.cancel = clock.after(heartbeatIntervalMs, () => this.beat());
    this.sequence += 1;
    const message: Heartbeat = {
      ...this.deps.say(),
      sequence: this.sequence,
      sentAtMs: clock.nowMs(),
      life: this.life,
    };
    if (bus.connected) bus.broadcast(heartbeat, message);
    this.contact = withSent(this.contact, this.sequence, this.deps.monotonicMs(), message.epoch);
    const known = pools.values();
    const datagram = known.length > 0 ? JSON.stringify(message) : '';
    for (const { portal, heartbeatPort } of known) {
      this.socket?.send(datagram, heartbeatPort, portal.address, () => undefined);
    }
    this.deps.beaten();
  }

  /** Not signed by the node that it claims to be from, or in answer to another life of ours: it is nothing. */
  private async hear(datagram: Buffer): Promise<void> {
    const ack = claimedAck(datagram);
    const { host, bootId } = this.deps.say();
    if (ack?.host !== host || ack.bootId !== bootId || ack.life !== this.life) return;
    const key = await this.deps.ackKey(ack.node);
    if (key === null || !isSignedBy(datagram, key)) return;
    const { epochFloor } = this.contact;
    this.contact = withAck(this.contact, ack) ?? this.contact;
    if (this.contact.epochFloor > epochFloor) this.deps.floorRose();
  }
}
