export { HoldfastClient } from './client.js';
export type { ChangeOptions, ExplainPlacement, ListOptions, PageOptions, WaitOptions } from './client.js';
export type { FollowOptions } from './events.js';
export { ApiProblem, ApiUnreachable, OperationTimeout } from './problem.js';
export type * from './resources.js';
export type { Connection } from './transport.js';
