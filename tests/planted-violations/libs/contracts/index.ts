/** Planted: the contracts import more than zod. */
import { kernel } from '../kernel/index.js';

export const contracts = kernel;
