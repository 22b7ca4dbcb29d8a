export * from './clock.js';
export * from './derive.js';
export * from './projection.js';
export * from './rank.js';
export * from './run-machine.js';
export * from './sealed-file.js';
export * from './serial-queue.js';
