import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestContext } from './bus.js';

/** The request being worked on: follows its calls, so that what it asks for and what it logs carry its id. */
export const requestContext = new AsyncLocalStorage<RequestContext>();

/** The context to send along: that of the request being worked on, but for what is given. */
export function contextToSend(given: RequestContext | undefined): RequestContext {
  return { ...requestContext.getStore(), ...given };
}
