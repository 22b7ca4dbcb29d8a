/** A stream of random numbers that belongs to one name: draws on one never shift another's. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** An independent stream for a part of this one. */
  stream(name: string): RandomStream;
}

/** FNV-1a, 32 bit (Fowler, Noll, Vo), with the final mix of MurmurHash3 so that close names spread. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded from a name: the same seed gives the same draws anywhere. */
export function randomStream(seed: string): RandomStream {
  let a = hash32(`${seed}/a`);
  let b = hash32(`${seed}/b`);
  let c = hash32(`${seed}/c`);
  let counter = 1;
  const draw = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i += 1) draw();
  return {
    next: () => draw() / 0x1_0000_0000,
    integer: (bound) => Math.floor((draw() / 0x1_0000_0000) * bound),
    stream: (name) => randomStream(`${seed}/${name}`),
  };
}
