/** Asks a host's agent on a path other than the bus: plain HTTP, one small answer. */
import { request } from 'node:http';

/** Whether a host answers on a path other than the bus. */
export type ProbeAnswer =
  /** The agent answered and says it is well. */
  | { kind: 'answers'; bootId: string }
  /** The host's kernel answers but nobody listens: the agent is down, the host is not. */
  | { kind: 'refused' }
  /** Connected but no answer in time: frozen or hung. */
  | { kind: 'hung' }
  /** Nothing came back. */
  | { kind: 'silent' };

const PATH = '/health/live';
const MAX_BODY_BYTES = 16 * 1024;

/**
 * `answers` only for status 200 with a JSON object that names `bootId`. Whatever else an accepted
 * connection brings is `hung`: somebody listens, but nobody well. Never throws for what a host
 * does.
 */
export class TcpProbe {
  probe(address: string, port: number, timeoutMs: number): Promise<ProbeAnswer> {
    return new Promise((resolve) => {
      let connected = false;
      const finish = (answer: ProbeAnswer): void => {
        clearTimeout(timer);
        call.destroy();
        resolve(answer);
      };
      const call = request({
        host: address,
        port,
        path: PATH,
        agent: false,
        headers: { connection: 'close' },
      });
      const timer = setTimeout(() => finish({ kind: connected ? 'hung' : 'silent' }), timeoutMs);
      call.on('socket', (socket) => socket.once('connect', () => (connected = true)));
      call.on('error', (error) => finish(answerOf(error, connected)));
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('error', () => finish({ kind: 'hung' }));
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_BODY_BYTES) finish({ kind: 'hung' });
          else chunks.push(chunk);
        });
        response.on('end', () => {
          const bootId =
            response.statusCode === 200 ? bootIdIn(Buffer.concat(chunks).toString()) : null;
          finish(bootId === null ? { kind: 'hung' } : { kind: 'answers', bootId });
        });
      });
      call.end();
    });
  }
}

function answerOf(error: Error, connected: boolean): ProbeAnswer {
  const { code } = error as NodeJS.ErrnoException;
  // A reset, too, comes from a kernel that is alive while the process that listened is not.
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return { kind: 'refused' };
  return { kind: connected ? 'hung' : 'silent' };
}

function bootIdIn(body: string): string | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('bootId' in parsed)) return null;
    return typeof parsed.bootId === 'string' && parsed.bootId !== '' ? parsed.bootId : null;
  } catch {
    return null;
  }
}
