/** Planted: the kernel imports something. */
import { readFileSync } from 'node:fs';

export const kernel = readFileSync.name;
