import { createServer, type Server } from 'node:http';
import { createServer as createPort, type AddressInfo, type Server as Port } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GuestProbe, ProbeOutcome } from '../core/index.js';
import { NetworkGuestProber } from './guest-prober.js';

const timing = { intervalSeconds: 1, timeoutSeconds: 1, failures: 1, graceSeconds: 0 };
const address = '127.0.0.1';
const asked: string[] = [];
const prober = new NetworkGuestProber({
  pingGuest: async (vm, timeoutMs) => {
    asked.push(`${vm} ${timeoutMs}`);
    return { result: 'unknown' };
  },
});
const portOf = (server: Server | Port): number => (server.address() as AddressInfo).port;
const listen = (server: Server | Port): Promise<void> =>
  new Promise((resolve) => void server.listen(0, address, resolve));

let pages: Server;
let silent: Port;
let closedPort: number;

const tcp = (port: number): Promise<ProbeOutcome> =>
  prober.ask('web1', { kind: 'tcp', name: 'tcp', timing, address, port } satisfies GuestProbe);
const http = (port: number, path: string, status = 200): Promise<ProbeOutcome> =>
  prober.ask('web1', { kind: 'http', name: 'http', timing, address, port, path, status } satisfies GuestProbe);

beforeAll(async () => {
  pages = createServer((request, response) => {
    response.statusCode = request.url === '/health' ? 202 : 503;
    // A body without an end: nobody may wait for it.
    response.write('busy');
  });
  silent = createPort();
  await listen(pages);
  await listen(silent);
  const gone = createPort();
  await listen(gone);
  closedPort = portOf(gone);
  await new Promise((resolve) => void gone.close(resolve));
});

afterAll(() => {
  pages.closeAllConnections();
  pages.close();
  silent.close();
});

describe('a guest is asked', () => {
  it('for a port: it passes once a connection stands', async () => {
    expect(await tcp(portOf(silent))).toEqual({ result: 'passed' });
    expect(await tcp(closedPort)).toEqual({ result: 'failed', reason: 'it refuses the connection' });
  });

  it('for a page: its status is what counts', async () => {
    expect(await http(portOf(pages), '/health', 202)).toEqual({ result: 'passed' });
    expect(await http(portOf(pages), '/')).toEqual({ result: 'failed', reason: 'it answered 503, not 200' });
    expect(await http(closedPort, '/')).toMatchObject({ result: 'failed' });
  });

  it('no longer than its limit by one that takes the connection and says nothing', async () => {
    expect(await http(portOf(silent), '/')).toEqual({ result: 'failed', reason: 'no answer within 1 s' });
  });

  it('for its agent, through the hypervisor', async () => {
    expect(await prober.ask('web1', { kind: 'agent', name: 'agent', timing })).toEqual({ result: 'unknown' });
    expect(asked).toEqual(['web1 1000']);
  });
});
