/** Of few measurements all that can be said. */
import { spreadOf } from '@holdfast/lab';

export interface Range {
  median: number;
  min: number;
  max: number;
}

/** Null when nothing was measured. */
export function rangeOf(values: readonly number[]): Range | null {
  const spread = spreadOf(values);
  return spread && { median: spread.median, min: Math.min(...values), max: Math.max(...values) };
}

/** How many times as long as the other, by their medians; to one decimal. Null without both. */
export function ratioOf(range: Range | null, other: Range | null): number | null {
  if (!range || !other || other.median === 0) return null;
  return Math.round((10 * range.median) / other.median) / 10;
}
