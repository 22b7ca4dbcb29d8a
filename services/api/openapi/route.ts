import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** As the controllers have it: `GET /api/v1/vms/:vm`. */
export type RouteKey = `${Method} /api/v1/${string}`;

/** What a route answers when it does what it is asked to. */
export interface Answer {
  status: 200 | 201 | 202 | 204;
  /** Left out: nothing, or something that is not JSON. */
  schema?: z.ZodType;
  /** What it is when it is not JSON. */
  media?: string;
  /** Says where the operation is found that was begun. */
  isLocated?: boolean;
  /** A read that answers with an `ETag`. */
  isVersioned?: boolean;
  /** A change that takes `If-Match` and `?dryRun=true`. */
  isEdit?: boolean;
  /** What a dry run answers, where that is not what the change answers. */
  dryRun?: z.ZodType;
}

/** One route of the API, as its document describes it. Schemas are the ones that its controller parses with. */
export interface Route {
  /** How a client's method may be called; unique. */
  operationId: string;
  /** One sentence without a full stop. */
  summary: string;
  description?: string;
  query?: z.ZodObject;
  /** Of the request, before defaults are filled in. */
  body?: z.ZodType;
  answer: Answer;
}

/** The routes of one noun, which is their tag. */
export type Routes = Record<RouteKey, Route>;
