/** What many measurements of one thing come to. */
export interface Spread {
  median: number;
  /** By nearest rank: of fewer than 100 values the largest. */
  p99: number;
}

/** Null when nothing was measured. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (rank: number): number => sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? 0;
  if (sorted.length === 0) return null;
  const half = sorted.length / 2;
  const median = Math.round((at(Math.ceil(half)) + at(Math.floor(half) + 1)) / 2);
  return { median, p99: at(Math.ceil(sorted.length * 0.99)) };
}
