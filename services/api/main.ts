import { loadConfig, runService } from '@holdfast/runtime';
import { apiService } from './api.js';
import { apiConfigSchema } from './config.js';

await runService(apiService(loadConfig(apiConfigSchema)));
