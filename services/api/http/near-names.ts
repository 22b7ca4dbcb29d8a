import { distance } from 'fastest-levenshtein';

const maxNames = 5;

/** Up to five of `names`, those most like `name` first; what begins alike counts as near. */
export function nearNames(name: string, names: readonly string[]): string[] {
  const farthest = Math.max(2, Math.ceil(name.length / 2));
  return names
    .map((candidate) => ({
      candidate,
      far: name !== '' && candidate.startsWith(name) ? 0 : distance(name, candidate),
    }))
    .filter(({ far }) => far <= farthest)
    .sort((a, b) => a.far - b.far || a.candidate.localeCompare(b.candidate, 'en'))
    .slice(0, maxNames)
    .map(({ candidate }) => candidate);
}

/** What there is, in a few words: the near names, else the first few of all. */
export function whatThereIs(
  noun: string,
  name: string,
  names: readonly string[],
): { remedy: string; near: string[] } {
  if (names.length === 0) return { remedy: `there is no ${noun} at all yet`, near: [] };
  const near = nearNames(name, names);
  if (near.length > 0) return { remedy: `did you mean ${near.join(', ')}?`, near };
  const first = [...names].sort().slice(0, maxNames);
  const more = names.length > first.length ? ` and ${names.length - first.length} more` : '';
  return { remedy: `there is ${first.join(', ')}${more}`, near: first };
}
