import { HypervisorError } from '../ports.js';
import { download } from './libvirt-rpc/download.js';
import { writeDomain, type DomainRef, type Procedure } from './libvirt-rpc/procedures.js';
import type { RpcOptions } from './libvirt-rpc/rpc.js';

/** A screen of some million pixels that nothing compresses. */
const maxBytes = 16 * 1024 * 1024;

const domainScreenshot: Procedure<{ domain: DomainRef }, string> = {
  number: 211,
  name: 'domain screenshot',
  // The first screen, and no flags.
  encode: (writer, { domain }) => void writeDomain(writer, domain).uint(0).uint(0),
  decode: (reader) => reader.optional(() => reader.string()) ?? '',
};

export async function screenshotOf(options: RpcOptions, domain: DomainRef, timeoutMs: number): Promise<Buffer> {
  const { result: kind, bytes } = await download(options, domainScreenshot, { domain }, { timeoutMs, maxBytes });
  // QEMU packs it from 7.1 on.
  if (kind !== 'image/png') throw new HypervisorError('refused', `QEMU here tells it as ${kind} only: it is too old`);
  return bytes;
}
