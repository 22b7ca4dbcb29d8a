/** Planted: a contract test takes more of a service than what its adapters promise. */
import { storage } from '../../services/storage/index.js';

export const store = storage;
