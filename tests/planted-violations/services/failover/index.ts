/** Planted: a junk drawer; careless code. */
import { forwardRef } from '@nestjs/common';
import { things } from './utils/things.js';

async function slow(): Promise<number> {
  return things;
}

export function careless(input: any): unknown {
  slow();
  if (input == 1) return forwardRef(() => slow);
  return 'a line that is much longer than anybody would ever like to read it on a screen that is not the width of a wall';
}
