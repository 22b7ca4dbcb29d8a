/**
 * Whether two reports tell the same story. Each message takes a millisecond more or less, by chance, so what happens at
 * nearly the same time may change places; words may not differ, and nothing may be missing.
 */

/** So much earlier or later is the same moment. */
const sameMomentMs = 300;

interface Line {
  atMs: number | null;
  text: string;
}

/** Sentences; none when they tell the same. */
export function reportDifferences(expected: readonly string[], actual: readonly string[]): string[] {
  const left = new Map<string, Line[]>();
  for (const line of actual.map(lineOf)) left.set(line.text, [...(left.get(line.text) ?? []), line]);
  const differences: string[] = [];
  for (const { atMs, text } of expected.map(lineOf)) {
    const found = left.get(text)?.shift();
    if (!found) differences.push(`no more: ${text}`);
    else if (atMs !== null && found.atMs !== null && Math.abs(found.atMs - atMs) > sameMomentMs) {
      differences.push(`at ${seconds(found.atMs)} instead of ${seconds(atMs)}: ${text}`);
    }
  }
  for (const lines of left.values()) for (const { text } of lines) differences.push(`new: ${text}`);
  return differences;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

function lineOf(line: string): Line {
  const [, atS, rest] = /^ *(\d+\.\d{3}) {2}(.*)$/.exec(line) ?? [];
  const text = (rest ?? line).replaceAll(/\d+(\.\d+)? (m?s)\b/g, '# $2');
  return { atMs: atS === undefined ? null : Number(atS) * 1000, text };
}
