/* What the API answers with. */
export * from './audit-view.js';
export * from './history-view.js';
export * from './host-view.js';
export * from './identity-view.js';
export * from './network-view.js';
export * from './page.js';
export * from './problem-view.js';
export * from './prometheus-view.js';
export * from './schedule-view.js';
export * from './quota-view.js';
export * from './status-view.js';
export * from './template-view.js';
export * from './vm-view.js';
export * from './webhook-view.js';
