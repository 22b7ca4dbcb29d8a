import type { Metrics } from '@holdfast/runtime';
import type { RequestHandler } from 'express';

const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** Counts and times every answer. Paths are left out: names in them would make labels without end. */
export function measureRequests(metrics: Metrics): RequestHandler {
  const seconds = metrics.histogram(
    'holdfast_api_request_seconds',
    'Time from a request to the end of its answer',
    bucketsSeconds,
    ['method', 'status'],
  );
  return (request, response, next) => {
    const done = seconds.startTimer({ method: request.method });
    response.once('close', () => done({ status: String(response.statusCode) }));
    next();
  };
}
