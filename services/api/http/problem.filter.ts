import {
  Catch,
  HttpException,
  Logger,
  NotFoundException,
  ServiceUnavailableException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { ProblemDetails } from '@holdfast/client';
import type { Request, Response } from 'express';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';

function problemOf(error: unknown, request: Request): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof NotFoundException) {
    return new Problem('unknown-route', `there is no ${request.method} ${request.path}`, {
      remedy:
        'the routes begin with /api/v1: status, hosts, vms, volumes, incidents, operations, events',
    });
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    return new Problem('invalid', error.message.slice(0, 300));
  }
  return new Problem('internal', 'something broke while answering; the log says what', {
    remedy: 'try again; if it stays, look for the request id in the log of the API',
  });
}

/**
 * Answers every error as `application/problem+json` (RFC 9457), without anything of our insides.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    // Only the health check throws this, and says in its own form what is not ready.
    if (error instanceof ServiceUnavailableException) {
      response.status(error.getStatus()).json(error.getResponse());
      return;
    }
    const problem = problemOf(error, request);
    if (problem.code === 'internal') {
      const cause = problem.cause ?? error;
      const stack = cause instanceof Error ? cause.stack : String(cause);
      this.logger.error(`request ${requestIdOf(request)} failed: ${stack}`);
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { field, remedy, near } = problem.more;
    const details: ProblemDetails = {
      type: `urn:holdfast:problem:${problem.code}`,
      title: problem.title,
      status: problem.status,
      detail: problem.message,
      instance: request.path,
      code: problem.code,
      ...(field === undefined ? {} : { field }),
      ...(remedy === undefined ? {} : { remedy }),
      ...(near === undefined || near.length === 0 ? {} : { near }),
      requestId: requestIdOf(request),
    };
    // A body that was not read would be taken for the next request.
    if (!request.complete) response.setHeader('Connection', 'close');
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(details));
  }
}
