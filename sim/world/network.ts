import type { RandomStream } from '@holdfast/kernel';
import type { Loop } from '../engine/loop.js';
import type { Machine } from '../engine/process.js';

export const links = ['management', 'storage', 'bmc', 'guest'] as const;
export type Link = (typeof links)[number];

/** Who reaches whom: a link of each node to each network, and directed pairs that are cut. */
export class Network {
  /** Grows with every change, for those who keep what they have derived from it. */
  version = 0;
  /** Extra delay of every message, and the share of them that is lost, while a fault lasts. */
  private extraMs = 0;
  private lost = 0;
  private repeated = 0;
  private overtaken = 0;
  /** The share of requests that arrive a second time, much later. */
  duplication = 0;
  /** The share of writes that land after their client has given them up. */
  lateWrites = 0;
  private readonly delays = new Map<string, RandomStream>();
  private readonly down = new Set<string>();
  private readonly cut = new Set<string>();
  private readonly dark = new Set<string>();
  private readonly listeners: (() => void)[] = [];
  readonly machines = new Map<string, Machine>();

  constructor(private readonly loop: Loop) {}

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  get extraDelayMs(): number {
    return this.extraMs;
  }

  set extraDelayMs(extraMs: number) {
    this.loop.disturb();
    this.extraMs = extraMs;
  }

  get loss(): number {
    return this.lost;
  }

  set loss(share: number) {
    this.loop.disturb();
    this.lost = share;
  }

  /** The share of heartbeats and changes that come a second time, much later. */
  get redelivery(): number {
    return this.repeated;
  }

  set redelivery(share: number) {
    this.loop.disturb();
    this.repeated = share;
  }

  /** The share of messages that are overtaken by later ones. */
  get reordering(): number {
    return this.overtaken;
  }

  set reordering(share: number) {
    this.loop.disturb();
    this.overtaken = share;
  }

  changed(): void {
    this.loop.disturb();
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  setLink(node: string, link: Link, up: boolean): void {
    if (up) this.down.delete(`${node}/${link}`);
    else this.down.add(`${node}/${link}`);
    this.changed();
  }

  setPair(from: string, to: string, up: boolean): void {
    if (up) this.cut.delete(`${from}>${to}`);
    else this.cut.add(`${from}>${to}`);
    this.changed();
  }

  /** A switch that serves these nodes: what it does to their links is no fault of theirs. */
  setSwitch(nodes: readonly string[], link: Link, up: boolean): void {
    for (const node of nodes) {
      if (up) this.dark.delete(`${node}/${link}`);
      else this.dark.add(`${node}/${link}`);
    }
    this.changed();
  }

  isUp(node: string, link: Link): boolean {
    if (this.dark.size > 0 && this.dark.has(`${node}/${link}`)) return false;
    return this.isOwnUp(node, link);
  }

  private isOwnUp(node: string, link: Link): boolean {
    return this.down.size === 0 || !this.down.has(`${node}/${link}`);
  }

  /** Nothing of its own is broken: every link is up and no pair with it is cut. */
  isWhole(node: string): boolean {
    for (const link of links) if (!this.isOwnUp(node, link)) return false;
    for (const pair of this.cut) if (pair.startsWith(`${node}>`) || pair.endsWith(`>${node}`)) return false;
    return true;
  }

  /** A packet from one node comes to the other now. The far kernel must have power; it need not be thawed. */
  carries(from: string, to: string, link: Link): boolean {
    if (!this.machines.get(from)?.powered || !this.machines.get(to)?.powered) return false;
    if (from === to) return true;
    if (this.cut.size > 0 && this.cut.has(`${from}>${to}`)) return false;
    return this.isUp(from, link) && this.isUp(to, link);
  }

  /** A connection needs both directions. */
  connects(a: string, b: string, link: Link): boolean {
    return this.carries(a, b, link) && this.carries(b, a, link);
  }

  /** Messages all take the same time, and all arrive once. */
  get isEven(): boolean {
    return this.extraDelayMs === 0 && this.reordering === 0 && this.loss === 0 && this.redelivery === 0;
  }

  delayMs(stream: string): number {
    let random = this.delays.get(stream);
    if (!random) {
      random = this.loop.random(`delay/${stream}`);
      this.delays.set(stream, random);
    }
    let extraMs = this.extraDelayMs === 0 ? 0 : random.integer(this.extraDelayMs);
    if (this.reordering > 0 && random.next() < this.reordering) extraMs += random.integer(1500);
    return 1 + (random.next() < 0.1 ? random.integer(6) : 0) + extraMs;
  }

  /** One of that share, which come (once more) after everybody has forgotten them. */
  isLate(stream: string, share: number): boolean {
    return share > 0 && this.loop.random(`late/${stream}`).next() < share;
  }

  lateMs(stream: string): number {
    return 500 + this.loop.random(`late/${stream}`).integer(25_000);
  }

  isLost(stream: string): boolean {
    return this.loss > 0 && this.loop.random(`loss/${stream}`).next() < this.loss;
  }
}
