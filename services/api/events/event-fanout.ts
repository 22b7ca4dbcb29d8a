import { subjectMatches, type Bus, type Subscription } from '@holdfast/bus';
import { eventSubject, type CloudEvent } from '@holdfast/contracts';

/** One who is told of events. */
export interface Listener {
  /** Of the subject. */
  filter: string;
  /** Left out: whatever it is about. */
  sees?(event: CloudEvent): boolean;
  /** `frame` is the event as server-sent event; the same bytes for all. */
  onEvent(frame: Buffer, sequence: number, event: CloudEvent): void;
  /** Once: it was told of all that was stored when it began. */
  onCaughtUp?(): void;
}

interface Kept {
  sequence: number;
  subject: string;
  event: CloudEvent;
  frame: Buffer;
}

interface Member {
  listener: Listener;
  /** Has this one, and all before. */
  after: number;
}

const maxKept = 4096;
const maxKeptBytes = 8_388_608;

export function frameOf(event: CloudEvent, sequence: number): Buffer {
  return Buffer.from(`id: ${sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** `evt.v1.vm.web1.started` of an event as it was derived. */
function subjectOf({ type, subject }: CloudEvent): string {
  return eventSubject(type.replace(/^io\.holdfast\./, '').replace(/\.v\d+$/, ''), subject);
}

/**
 * One subscription to the bus for all live followers. Who wants what was before gets it from the newest ones kept here,
 * or reads the stream alone until it has come so far; then it joins the others, without gap or repetition.
 */
export class EventFanout {
  private readonly members = new Set<Member>();
  private tail: Promise<Subscription> | null = null;
  /** The newest events, all of them since the first one here, in order. */
  private kept: Kept[] = [];
  private keptBytes = 0;
  /** Some that the tail brought are not kept any more. */
  private isTrimmed = false;

  constructor(private readonly bus: Bus) {}

  /**
   * @param since the first sequence wanted, a moment, or `new` for what comes; of a moment, it also brings some from
   * before. Rejects with `BusError`.
   */
  async follow(listener: Listener, since: number | Date | 'new'): Promise<Subscription> {
    await this.begin();
    const newest = this.kept.at(-1)?.sequence ?? 0;
    const first = since === 'new' ? newest + 1 : since instanceof Date ? this.firstSince(since) : since;
    if (since !== 'new' && !this.reaches(first)) return this.catchUp(listener, first);
    const joined = this.join(listener, first - 1);
    listener.onCaughtUp?.();
    return joined;
  }

  /** Where to begin so that none is missing: the oldest kept here, or that of the stream. */
  private firstSince(moment: Date): number {
    const [first] = this.kept;
    return first && Date.parse(first.event.time) < moment.getTime() ? first.sequence : 1;
  }

  async close(): Promise<void> {
    this.members.clear();
    const tail = await this.tail?.catch(() => null);
    await tail?.close();
  }

  private async begin(): Promise<void> {
    this.tail ??= this.bus.followEvents({ since: 'new', onEvent: (event, sequence) => this.take(event, sequence) });
    try {
      await this.tail;
    } catch (error) {
      this.tail = null;
      throw error;
    }
  }

  private take(event: CloudEvent, sequence: number): void {
    if (sequence <= (this.kept.at(-1)?.sequence ?? 0)) this.startOver();
    const kept = keptOf(event, sequence);
    this.kept.push(kept);
    this.keptBytes += kept.frame.length;
    if (this.kept.length > maxKept || this.keptBytes > maxKeptBytes) this.trim();
    for (const member of this.members) deliver(member, kept);
  }

  /** Half of it at a time, so that a full one is not shifted for each event. */
  private trim(): void {
    this.kept = this.kept.slice(Math.ceil(this.kept.length / 2));
    this.keptBytes = this.kept.reduce((sum, { frame }) => sum + frame.length, 0);
    this.isTrimmed = true;
  }

  /** The stream was made anew. */
  private startOver(): void {
    this.kept = [];
    this.keptBytes = 0;
    this.isTrimmed = false;
    for (const member of this.members) member.after = 0;
  }

  /** Everything from this sequence on is kept here, or still to come. */
  private reaches(sequence: number): boolean {
    const [first] = this.kept;
    return first !== undefined && first.sequence <= sequence;
  }

  private join(listener: Listener, after: number): Subscription {
    const member = { listener, after };
    for (const kept of this.kept) deliver(member, kept);
    this.members.add(member);
    return {
      close: async () => {
        this.members.delete(member);
      },
    };
  }

  /**
   * Unfiltered, or nobody could say how far it has come. The tail began before: what this does not bring, the tail
   * does.
   */
  private async catchUp(listener: Listener, since: number): Promise<Subscription> {
    const reader = { listener, after: since - 1 };
    let isCaughtUp = false;
    let joined: Subscription | null = null;
    let isClosed = false;
    let own: Subscription | null = null;
    const tryToJoin = (): void => {
      if (!isCaughtUp || joined || isClosed) return;
      if (this.isTrimmed && !this.reaches(reader.after + 1)) return;
      joined = this.join(listener, reader.after);
      own?.close().catch(() => undefined);
    };
    own = await this.bus.followEvents({
      since,
      onEvent: (event, sequence) => {
        if (joined || isClosed) return;
        deliver(reader, keptOf(event, sequence));
        tryToJoin();
      },
      onCaughtUp: () => {
        isCaughtUp = true;
        tryToJoin();
        if (!isClosed) listener.onCaughtUp?.();
      },
    });
    // It may have joined while this was being opened.
    if (joined) await own.close();
    return {
      close: async () => {
        isClosed = true;
        await joined?.close();
        await own?.close();
      },
    };
  }
}

function keptOf(event: CloudEvent, sequence: number): Kept {
  return { sequence, subject: subjectOf(event), event, frame: frameOf(event, sequence) };
}

function deliver(member: Member, { sequence, subject, event, frame }: Kept): void {
  if (sequence <= member.after) return;
  member.after = sequence;
  const { listener } = member;
  if (!subjectMatches(listener.filter, subject) || listener.sees?.(event) === false) return;
  listener.onEvent(frame, sequence, event);
}
