export { hostsHolding } from './candidate.js';
export type { Cluster } from './cluster.js';
export { place, type Placement } from './place.js';
export { proofOf } from './proof.js';
export type { VmEffect } from './vm-effect.js';
export { stepVm } from './vm-lifecycle.js';
export type { VmStep, VmView } from './vm-record.js';
export * from './vm-request.js';
