/** Every queue and memory of a program has a bound; looked at again and again while a cluster runs. */
import type { Loop } from '../engine/loop.js';

/** How large something is, and how large it may become. */
export interface Size {
  what: string;
  size: number;
  bound: number;
}

/** A program that says how much it holds. */
export interface Sized {
  sizes(): Iterable<Size>;
}

const everyMs = 5000;

export function watchBounds(loop: Loop, programs: () => Iterable<Sized>, broken: (text: string) => void): void {
  const look = (): void => {
    for (const program of programs()) {
      for (const { what, size, bound } of program.sizes()) {
        if (size > bound) broken(`${what}: ${size}, and may have ${bound}`);
      }
    }
    loop.after(everyMs, look);
  };
  loop.after(everyMs, look);
}
