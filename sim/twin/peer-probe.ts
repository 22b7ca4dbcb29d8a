/** The twin of an agent that probes another host for failover. */
import { accepted, type Reply } from '@holdfast/contracts';
import type { Process } from '../engine/process.js';
import type { Network } from '../world/network.js';

const peerProbeTimeoutMs = 300;

export interface Reachable {
  network: Network;
  /** What a connection to the agent's health port would find, the way there apart. */
  agentState(host: string): { kind: 'answers' | 'refused' | 'hung'; bootId: string };
}

export function probePeer(
  process: Process,
  { network, agentState }: Reachable,
  host: string,
  reply: (reply: Reply<unknown>) => void,
): void {
  const isReached = network.connects(process.machine.name, host, 'management');
  const { kind, bootId } = isReached ? agentState(host) : { kind: 'silent' as const, bootId: '' };
  const isSlow = kind === 'hung' || kind === 'silent';
  process.after(isSlow ? peerProbeTimeoutMs : network.delayMs(`peer-probe/${host}`) + 1, () =>
    reply(accepted({ kind, bootId: kind === 'answers' ? bootId : null })),
  );
}
