import { storage } from './index.js';

export const decide = (): unknown => storage;
