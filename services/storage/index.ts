export { Storage, type StorageDeps } from './storage.js';
export { StorageModule } from './storage.module.js';
export { MemoryFloors, SimulatedSan } from './adapters/simulated-store.js';
