/** Planted: the simulator runs a service instead of its core. */
import { scheduler } from '../services/scheduler/index.js';

export const sim = scheduler;
