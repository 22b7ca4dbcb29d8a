/** What runs inside a domain, as those see it who ask it something. */
import { hash32 } from '@holdfast/kernel';
import type { Domain, Identity } from './domain.js';

export type GuestTrouble = 'hung' | 'panicked';

export interface Guest {
  state: 'well' | GuestTrouble;
  /** It boots until then. */
  answersFromMs: number;
  /** It was in trouble at some time since its domain is there. */
  wasTroubled: boolean;
  hasPanicDevice: boolean;
}

export type GuestAnswer = 'passed' | 'failed' | 'unknown';

export const freshGuest = (hasPanicDevice = false): Guest => ({
  state: 'well',
  answersFromMs: 0,
  wasTroubled: false,
  hasPanicDevice,
});

/** From its start until it answers: the same for each generation of a VM. */
export function bootMs({ uid, generation }: Identity): number {
  return 2000 + (hash32(`boot/${uid}/${generation}`) % 6000);
}

/** A guest that is paused, also to be moved, answers nobody. */
export function answerOf(domain: Domain | undefined, nowMs: number): GuestAnswer {
  if (!domain) return 'unknown';
  const { state, answersFromMs } = domain.guest;
  return state === 'well' && domain.state === 'running' && nowMs >= answersFromMs ? 'passed' : 'failed';
}
