import type { Settings } from '@holdfast/contracts';

/** Share of the host's scarcer resource left after the placement, 0 to 1. */
export function leftOf(memoryLeft: number, vcpusLeft: number): number {
  return Math.min(memoryLeft, vcpusLeft);
}

/** More left is better where load is to be balanced; else the fullest host that takes it is (best fit). */
export function isPacked({ policy }: Settings): boolean {
  return policy !== 'balanced';
}

/** 0 to 1, more is better. */
export function scoreOf(settings: Settings, memoryLeft: number, vcpusLeft: number): number {
  const left = leftOf(memoryLeft, vcpusLeft);
  return isPacked(settings) ? 1 - left : left;
}
