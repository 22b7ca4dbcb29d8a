/** Planted: the lab reaches into a service's core. */
import { chance } from '../services/scheduler/core/impure.js';

export const lab = chance;
