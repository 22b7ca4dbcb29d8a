import { LabError } from './errors.js';
import type { LabNode } from './node.js';

const iscsi = ['--lld', 'iscsi'];

/** A target as `tgtadm` prints it. */
interface Shown {
  tid: string;
  connections: { session: string; connection: string }[];
  addresses: string[];
}

/** Takes one target from its host, as an array that masks a LUN, and gives it back. All other targets go on. */
export class LunMask {
  private addresses: readonly string[] = [];

  constructor(
    private readonly san: LabNode,
    private readonly iqn: string,
  ) {}

  /** Nobody can log in any more, and who is logged in is thrown out. @throws LabError when there is no such target. */
  async mask(): Promise<void> {
    const own = await this.shown();
    if (own === null) throw new LabError('failed', `tgtd has no target ${this.iqn}`);
    const { tid, connections, addresses } = own;
    this.addresses = addresses;
    for (const address of addresses) await this.admit('unbind', tid, address);
    for (const { session, connection } of connections) {
      await this.tgtadm('--op', 'delete', '--mode', 'conn', '--tid', tid, '--sid', session, '--cid', connection);
    }
  }

  /** What was deleted or opened anew meanwhile is left as it is: its number may be another target's by now. */
  async unmask(): Promise<void> {
    const { addresses } = this;
    this.addresses = [];
    const own = await this.shown();
    if (own === null) return;
    const missing = addresses.filter((address) => !own.addresses.includes(address));
    for (const address of missing) await this.admit('bind', own.tid, address);
  }

  private async admit(operation: 'bind' | 'unbind', tid: string, address: string): Promise<void> {
    await this.tgtadm('--op', operation, '--mode', 'target', '--tid', tid, '--initiator-address', address);
  }

  private async shown(): Promise<Shown | null> {
    const listing = await this.tgtadm('--op', 'show', '--mode', 'target');
    const own = listing.split(/^(?=Target \d+: )/m).find((each) => each.split('\n')[0]?.endsWith(`: ${this.iqn}`));
    const tid = /^Target (\d+): /.exec(own ?? '')?.[1];
    if (own === undefined || tid === undefined) return null;
    const [, acl = ''] = own.split('ACL information:');
    const nexuses = own.matchAll(/I_T nexus: (\d+)\n[^]*?Connection: (\d+)/g);
    return {
      tid,
      connections: [...nexuses].map(([, session = '', connection = '']) => ({ session, connection })),
      addresses: acl.split('\n').map((line) => line.trim()).filter((line) => line !== ''),
    };
  }

  private async tgtadm(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.san.exec('tgtadm', [...iscsi, ...args]);
    if (code !== 0) throw new LabError('failed', `tgtadm ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }
}
