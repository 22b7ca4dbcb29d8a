/** Who leads one stream of JetStream, and which of its followers lag. Each stream is a Raft group of its own. */
import type { Loop } from '../engine/loop.js';

/** What a stream asks about the servers that hold it. */
export interface Servers {
  readonly loop: Loop;
  readonly servers: readonly string[];
  hasMajority(server: string): boolean;
  /** Both serve, and reach each other. */
  areLinked(a: string, b: string): boolean;
}

/**
 * A follower that hears nothing of its leader for so long campaigns: `minElectionTimeoutDefault` and
 * `maxElectionTimeoutDefault` in `server/raft.go` of nats-server. Each has a timer of its own, so the shortest decides.
 */
const electionMs = { least: 4000, spread: 5000 };
/** A follower that was cut off has caught up with its leader by then. */
const catchUpMs = { least: 100, spread: 900 };

export class StreamLeader {
  /** Followers that are cut off, and the revision they stopped at: they answer readers from there. */
  readonly behind = new Map<string, number>();
  /** The newest revision that was stored. */
  revision = 0;
  private leader: string | null;
  private hasQuorum = true;
  private next: { server: string; atMs: number } | null = null;

  constructor(
    readonly name: string,
    private readonly world: Servers,
  ) {
    const { servers, loop } = world;
    const drawn = servers[loop.random(`leader/${name}`).integer(Math.max(1, servers.length))] ?? null;
    // A stream that comes into being later is given to a server that is there.
    const isThere = drawn !== null && world.hasMajority(drawn);
    this.leader = isThere ? drawn : (servers.find((server) => world.hasMajority(server)) ?? drawn);
  }

  /** The server that stores what is written; null during an election, and without a majority. */
  current(): string | null {
    if (this.next !== null && this.next.atMs <= this.world.loop.nowMs) {
      this.leader = this.next.server;
      this.next = null;
      this.hasQuorum = true;
      this.follow();
    }
    return this.hasQuorum ? this.leader : null;
  }

  /** Servers or links have come or gone: a stream whose leader keeps its majority does not notice. */
  topologyChanged(): void {
    const leader = this.current() ?? this.leader;
    this.hasQuorum = leader !== null && this.world.hasMajority(leader);
    if (this.hasQuorum) this.next = null;
    else if (this.next === null || !this.world.hasMajority(this.next.server)) this.next = this.campaign();
    this.follow();
  }

  private campaign(): { server: string; atMs: number } | null {
    const { loop, servers } = this.world;
    let first: { server: string; atMs: number } | null = null;
    for (const server of servers) {
      // Nobody votes for one that lacks what is stored.
      const isComplete = (this.behind.get(server) ?? this.revision) >= this.revision;
      if (server === this.leader || !isComplete || !this.world.hasMajority(server)) continue;
      const random = loop.random(`election/${this.name}/${server}`);
      const atMs = loop.nowMs + electionMs.least + random.integer(electionMs.spread);
      if (first === null || atMs < first.atMs) first = { server, atMs };
    }
    // The old leader itself, back with a majority of followers that had not begun to campaign.
    if (first === null && this.leader !== null && this.world.hasMajority(this.leader)) {
      first = { server: this.leader, atMs: loop.nowMs };
    }
    return first;
  }

  private follow(): void {
    const { leader } = this;
    if (leader === null) return;
    const { loop, servers } = this.world;
    for (const server of servers) {
      const isLinked = server === leader || this.world.areLinked(server, leader);
      if (!isLinked) {
        if (!this.behind.has(server)) this.behind.set(server, this.revision);
      } else if (this.behind.get(server) === this.revision) {
        // Nothing was stored without it: it has the whole log, and the new leader appends to that.
        this.behind.delete(server);
      } else if (this.behind.has(server)) {
        const delayMs = catchUpMs.least + loop.random(`catch-up/${this.name}`).integer(catchUpMs.spread);
        loop.after(delayMs, () => {
          const leads = this.leader;
          if (leads !== null && (server === leads || this.world.areLinked(server, leads))) this.behind.delete(server);
        });
      }
    }
  }
}
