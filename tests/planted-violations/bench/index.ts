/** Planted: a benchmark that looks inside what it measures. */
import { chance } from '../services/scheduler/core/impure.js';

export const bench = chance;
