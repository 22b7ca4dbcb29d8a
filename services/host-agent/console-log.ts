import { open } from 'node:fs/promises';
import { accepted, refused, type Reply } from '@holdfast/contracts';

/** The guests' serial consoles, as the hypervisor records them on this host. */
export class ConsoleLog {
  constructor(private readonly fileOf: (vm: string) => string) {}

  /** The last `maxBytes` of it. */
  async tail(vm: string, maxBytes: number): Promise<Reply<{ text: string }>> {
    let file;
    try {
      file = await open(this.fileOf(vm), 'r');
    } catch {
      return refused('conflict', `this host has recorded nothing of ${vm}'s console yet`, {
        remedy: 'try again once the VM has started here',
      });
    }
    try {
      const { size } = await file.stat();
      const length = Math.min(size, maxBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return accepted({ text: buffer.subarray(0, bytesRead).toString('utf8') });
    } finally {
      await file.close();
    }
  }
}
