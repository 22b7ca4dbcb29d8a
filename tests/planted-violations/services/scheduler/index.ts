/** Planted: a service reaches into another, and into the lab. */
import { lab } from '../../lab/index.js';
import { decide } from '../storage/cycle.js';

export const scheduler = [lab, decide()];
