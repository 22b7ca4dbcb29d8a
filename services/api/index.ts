export { ApiModule } from './app.module.js';
export { createApi } from './api.js';
export type { RunningApi } from './api.js';
export type { ApiSettings } from './settings.js';
