import type { LabNode } from '../node.js';

const iscsi = ['--lld', 'iscsi'];

/** A target as `tgtadm` prints it. */
interface Shown {
  tid: string;
  connections: { session: string; connection: string }[];
  addresses: string[];
}

/** Takes one target from its host, as an array that masks a LUN, and gives it back. All other targets go on. */
export class LunMask {
  private masked: Pick<Shown, 'tid' | 'addresses'> | null = null;

  constructor(
    private readonly san: LabNode,
    private readonly iqn: string,
  ) {}

  /** Nobody can log in any more, and who is logged in is thrown out. */
  async mask(): Promise<void> {
    const { tid, connections, addresses } = await this.shown();
    this.masked = { tid, addresses };
    for (const address of addresses) await this.admit('unbind', tid, address);
    for (const { session, connection } of connections) {
      await this.tgtadm('--op', 'delete', '--mode', 'conn', '--tid', tid, '--sid', session, '--cid', connection);
    }
  }

  async unmask(): Promise<void> {
    const { masked } = this;
    this.masked = null;
    for (const address of masked?.addresses ?? []) await this.admit('bind', masked?.tid ?? '', address);
  }

  private async admit(operation: 'bind' | 'unbind', tid: string, address: string): Promise<void> {
    await this.tgtadm('--op', operation, '--mode', 'target', '--tid', tid, '--initiator-address', address);
  }

  private async shown(): Promise<Shown> {
    const listing = await this.tgtadm('--op', 'show', '--mode', 'target');
    const own = listing.split(/^(?=Target \d+: )/m).find((each) => each.split('\n')[0]?.endsWith(`: ${this.iqn}`));
    const tid = /^Target (\d+): /.exec(own ?? '')?.[1];
    if (own === undefined || tid === undefined) throw new Error(`tgtd has no target ${this.iqn}`);
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
    if (code !== 0) throw new Error(`tgtadm ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }
}
