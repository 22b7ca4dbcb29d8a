/** Between the starts of a VM that does not stay up: the first again is at once; then a pause, doubled each time. */
const firstPauseMs = 1000;
export const longestPauseMs = 60_000;

export function pauseMsAfter(inARow: number): number {
  return inARow < 2 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (inARow - 2));
}
