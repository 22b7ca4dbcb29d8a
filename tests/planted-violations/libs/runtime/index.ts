/** Planted: a library knows who uses it; a setting comes from the environment. */
import { storage } from '../../services/storage/index.js';

export const runtime = [storage, process.env['PLANTED']];
