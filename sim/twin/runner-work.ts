/** What a runner remembers of one record. */
import type { Reply } from '@holdfast/contracts';
import type { Task } from '../engine/event-queue.js';

export interface Answer {
  atMs: number;
  reply: Reply<unknown>;
}
export type Answers = (effectKey: string) => Answer | null;

export interface Attempt {
  atMs: number;
  inFlight: boolean;
  answer: Answer | null;
}

export interface KeyState {
  busy: boolean;
  again: boolean;
  wake: Task | null;
  yielding: boolean;
  revision: number;
  revisionSinceMs: number;
  /** The newest revision that this replica has stored itself. */
  storedRevision: number;
  /** Effects that are in hand, and how often each is. */
  inHand: Map<string, number>;
  isBelieving: boolean;
  performed: Map<string, Attempt>;
  /** Made once: most looks at a record need no more. */
  poke: () => void;
  begin: () => void;
  goAhead: () => void;
  answers: Answers;
}

export function atRest(calls: Pick<KeyState, 'poke' | 'begin' | 'goAhead'>): KeyState {
  const performed = new Map<string, Attempt>();
  return {
    busy: false,
    again: false,
    wake: null,
    yielding: false,
    revision: 0,
    revisionSinceMs: 0,
    storedRevision: 0,
    inHand: new Map(),
    isBelieving: false,
    performed,
    ...calls,
    answers: (effectKey) => performed.get(effectKey)?.answer ?? null,
  };
}

export function cancelWake(work: KeyState): void {
  if (work.wake) work.wake.run = null;
  work.wake = null;
}
