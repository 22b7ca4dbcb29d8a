/** Numbers by chance, millions in a second: xorshift (Marsaglia, 2003), 32 bits. The same seed, the same numbers. */
export class FastRandom {
  private state: number;

  constructor(seed: number) {
    // Neighbouring seeds have to differ in all bits, and zero would stay zero.
    let mixed = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
    this.state = (mixed ^ (mixed >>> 16)) | 0 || 0x9e3779b9 | 0;
  }

  /** 0 up to 2^32. */
  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state >>> 0;
  }

  /** 0 up to `count`, without it. */
  below(count: number): number {
    return Math.floor((this.next() / 4294967296) * count);
  }

  /** Above 0, up to 1. */
  share(): number {
    return (this.next() + 1) / 4294967297;
  }
}
