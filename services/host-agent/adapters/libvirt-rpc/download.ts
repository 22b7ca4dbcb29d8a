/** A call whose result comes as a stream: packets with the call's serial number (src/rpc/virnetprotocol.x). */
import { readWireError, type Procedure } from './procedures.js';
import { LibvirtError, LibvirtRpc, RpcError, type RpcOptions } from './rpc.js';

const statusError = 1;
const statusContinue = 2;

interface Bounds {
  timeoutMs: number;
  maxBytes: number;
}

/**
 * On a connection of its own, so that it takes no place of the calls that start and stop VMs.
 * @throws LibvirtError when refused, RpcError when it does not end in time, or is too much.
 */
export async function download<Arguments, Result>(
  options: RpcOptions,
  procedure: Procedure<Arguments, Result>,
  args: Arguments,
  { timeoutMs, maxBytes }: Bounds,
): Promise<{ result: Result; bytes: Buffer }> {
  const rpc = await LibvirtRpc.open(options);
  try {
    const streamed = received(rpc, procedure.name, { timeoutMs, maxBytes });
    // If the call itself is refused, there is no stream, and nobody waits for it.
    streamed.catch(() => undefined);
    const result = await rpc.call(procedure, args, timeoutMs);
    return { result, bytes: await streamed };
  } finally {
    void rpc.close();
  }
}

function received(rpc: LibvirtRpc, name: string, { timeoutMs, maxBytes }: Bounds): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const packets: Buffer[] = [];
    let size = 0;
    const late = new RpcError('timeout', `libvirt: ${name}: its stream did not end in ${timeoutMs} ms`);
    const timer = setTimeout(() => reject(late), timeoutMs);
    rpc.onClose(reject);
    rpc.onStream((status, body) => {
      if (status === statusError) {
        const { code, domain, message } = readWireError(body);
        clearTimeout(timer);
        return reject(new LibvirtError(name, code, domain, message));
      }
      const packet = body.rest();
      size += packet.length;
      if (size > maxBytes) reject(new RpcError('overloaded', `libvirt: ${name}: more than ${maxBytes} bytes`));
      else if (packet.length > 0) packets.push(packet);
      if (status === statusContinue && packet.length > 0 && size <= maxBytes) return;
      clearTimeout(timer);
      resolve(Buffer.concat(packets));
    });
  });
}
