import type { CloudEvent } from '@holdfast/contracts';
import { Agent, request } from 'undici';
import { signatureOf } from './secret.js';
import { TargetRefused, type Targets } from './target.js';

const timeoutMs = 10_000;
/** Of the answer, which nobody reads. */
const maxAnswerBytes = 16_384;

/** Sends events to webhooks, each connection only to an address that is allowed. */
export class Sender {
  private readonly agent: Agent;

  constructor(private readonly targets: Targets) {
    this.agent = new Agent({ connect: { lookup: targets.lookup, timeout: timeoutMs }, keepAliveTimeout: 1000 });
  }

  /** @returns null when it was taken (2xx), else why not. Follows no redirects. */
  async send(url: string, secret: Buffer, id: string, event: CloudEvent, nowMs: number): Promise<string | null> {
    const body = JSON.stringify(event);
    try {
      this.targets.refuseUrl(url);
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.agent,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'Content-Type': 'application/cloudevents+json',
          'Holdfast-Delivery': id,
          'Holdfast-Signature': signatureOf(body, secret, nowMs),
        },
        body,
      });
      // It is taken already, whatever becomes of the rest.
      await answer.body.dump({ limit: maxAnswerBytes }).catch(() => undefined);
      return answer.statusCode >= 200 && answer.statusCode < 300 ? null : `answered ${answer.statusCode}`;
    } catch (error) {
      return reasonOf(error);
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TargetRefused) return `${error.message}; ${error.remedy}`;
  if (!(error instanceof Error)) return 'could not be sent';
  if (error.name === 'TimeoutError') return `did not answer within ${timeoutMs / 1000} s`;
  return error.message.slice(0, 200);
}
