export { assert, InvariantError, unreachable } from './assert.js';
export { deriveId, deriveMacAddress } from './id.js';
export type { Core, Env, Step } from './machine.js';
export { hash32, randomStream } from './rng.js';
export type { RandomStream } from './rng.js';
