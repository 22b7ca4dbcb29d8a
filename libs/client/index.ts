export { HoldfastClient } from './client.js';
export type { WaitOptions } from './client.js';
export type { FollowOptions } from './events.js';
export { PeopleClient } from './people.js';
export { ApiProblem, ApiUnreachable, OperationTimeout } from './problem.js';
export type * from './resources.js';
export type { ChangeOptions } from './routes.js';
export type { Connection } from './transport.js';
export { WebhookClient } from './webhooks.js';
