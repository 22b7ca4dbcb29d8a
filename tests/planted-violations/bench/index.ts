/** Planted: a benchmark that looks inside what it measures. */
import { scheduler } from '../services/scheduler/index.js';

export const bench = scheduler;
