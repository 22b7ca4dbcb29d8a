import { accepted, type probePeer, type Reply } from '@holdfast/contracts';
import { TcpProbe } from '@holdfast/runtime';

/** Less than failover waits for its own probe: so it never waits for ours. */
const peerProbeTimeoutMs = 300;

type Found = typeof probePeer.value._output;

/** Looks, for failover, whether another host's agent answers here. */
export class PeerProbe {
  constructor(private readonly probe: Pick<TcpProbe, 'probe'> = new TcpProbe()) {}

  async find({ address, port }: typeof probePeer.request._output): Promise<Reply<Found>> {
    const answer = await this.probe.probe(address, port, peerProbeTimeoutMs);
    return accepted({ kind: answer.kind, bootId: answer.kind === 'answers' ? answer.bootId : null });
  }
}
