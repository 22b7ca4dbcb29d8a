export { apiService, startApi } from './api.js';
export { apiConfigSchema } from './config.js';
export type { ApiConfig } from './config.js';
