/** Planted: a client knows a service. */
import { scheduler } from '../../services/scheduler/index.js';

export const cli = scheduler;
