/** What an agent asks of storage, over iSCSI. */
import type { CopyStorage, DiskTarget, DomainIdentity, Portal } from '../ports.js';
import { targetsOf } from './domain-targets.js';
import { domainUuid } from './domain-xml.js';
import { askForLogin } from './iscsi-probe.js';
import { qemuPid } from './qemu-process.js';
import { connectionsOf } from './tcp-connections.js';

/** Nobody has such a target: whoever says so is alive. */
const nobodysTarget = 'iqn.2026-01.io.holdfast:nobody';
const timeoutMs = 900;

export class IscsiStorage implements CopyStorage {
  private readonly options: { localAddress: string; timeoutMs: number };

  constructor(
    private readonly host: string,
    localAddress: string,
    private readonly hypervisor: { liveXml(vm: string): Promise<string> },
  ) {
    this.options = { localAddress, timeoutMs };
  }

  async answers(portal: Portal): Promise<boolean> {
    const initiatorName = `iqn.2026-01.io.holdfast.host:${this.host}`;
    return (await askForLogin(portal, { initiatorName, iqn: nobodysTarget }, this.options)) !== 'silent';
  }

  async targets({ vm }: DomainIdentity): Promise<DiskTarget[]> {
    return targetsOf(await this.hypervisor.liveXml(vm));
  }

  async isOpen({ portal, iqn, initiatorName }: DiskTarget): Promise<boolean> {
    return (await askForLogin(portal, { iqn, initiatorName }, this.options)) === 'welcome';
  }

  async connections({ vm, uid }: DomainIdentity): Promise<Portal[] | null> {
    const pid = await qemuPid(vm, domainUuid(uid).replaceAll('-', ''));
    return pid === null ? null : await connectionsOf(pid);
  }
}
