/** Asks a guest as its clients would: a connection to a port, a page; and its agent through the hypervisor. */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { GuestProbe, ProbeOutcome } from '../core/index.js';
import type { GuestProber, Hypervisor } from '../ports.js';

const passed: ProbeOutcome = { result: 'passed' };
const failed = (reason: string): ProbeOutcome => ({ result: 'failed', reason });

export class NetworkGuestProber implements GuestProber {
  constructor(private readonly hypervisor: Pick<Hypervisor, 'pingGuest'>) {}

  async ask(vm: string, probe: GuestProbe): Promise<ProbeOutcome> {
    const limitMs = probe.timing.timeoutSeconds * 1000;
    switch (probe.kind) {
      case 'agent':
        return await this.hypervisor.pingGuest(vm, limitMs);
      case 'tcp':
        return await askTcp(probe, limitMs);
      case 'http':
        return await askHttp(probe, limitMs);
    }
  }
}

function askTcp({ address, port }: { address: string; port: number }, limitMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (outcome: ProbeOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end(failed(lateText(limitMs))), limitMs);
    socket.once('connect', () => end(passed));
    socket.on('error', (error) => end(failed(reasonOf(error))));
  });
}

/** The head of the answer says it all: its body is not read. */
function askHttp(
  { address, port, path, status }: { address: string; port: number; path: string; status: number },
  limitMs: number,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const asked = request({ host: address, port, path, method: 'GET', agent: false, headers: { connection: 'close' } });
    const end = (outcome: ProbeOutcome): void => {
      clearTimeout(timer);
      asked.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end(failed(lateText(limitMs))), limitMs);
    asked.once('response', ({ statusCode }) => {
      end(statusCode === status ? passed : failed(`it answered ${statusCode}, not ${status}`));
    });
    asked.on('error', (error) => end(failed(reasonOf(error))));
    asked.end();
  });
}

const lateText = (limitMs: number): string => `no answer within ${limitMs / 1000} s`;

function reasonOf(error: Error & { code?: string }): string {
  if (error.code === 'ECONNREFUSED') return 'it refuses the connection';
  if (error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH') return 'it cannot be reached';
  return error.message.slice(0, 200);
}
