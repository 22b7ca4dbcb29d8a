/** CHAP passwords as libvirt secrets: private, never on disk, gone as soon as QEMU has them. */
import { HypervisorError, type DiskSource, type SecretValue } from '../ports.js';
import { secretUsage, secretUuidHex, secretXml } from './domain-xml.js';
import type { LibvirtConnection } from './libvirt-rpc/connection.js';
import { procedures } from './libvirt-rpc/procedures.js';

/** `virSecretUsageType`: iSCSI. */
const iscsiUsage = 3;

/**
 * The password goes through libvirt's socket only: never into an argument or a document.
 * @throws HypervisorError `refused` before anything is done when one is missing; LibvirtError, RpcError
 */
export async function defineSecrets(
  connection: LibvirtConnection,
  disks: DiskSource[],
  secrets: SecretValue[],
  timeoutMs: number,
): Promise<void> {
  const values = disks.map(({ volume }) => {
    const found = secrets.find((secret) => secret.volume === volume);
    if (!found) throw new HypervisorError('refused', `no CHAP password for volume ${volume}`);
    return { volume, value: Buffer.from(found.password, 'utf8') };
  });
  for (const { volume, value } of values) {
    const definition = { xml: secretXml(volume), flags: 0 };
    const secret = await connection.call(procedures.secretDefineXml, definition, timeoutMs);
    await connection.call(procedures.secretSetValue, { secret, value, flags: 0 }, timeoutMs);
  }
}

/** Best effort: one left behind is private, in memory only, and replaced at its next use. */
export async function forgetSecrets(
  connection: LibvirtConnection,
  volumes: string[],
  timeoutMs: number,
): Promise<void> {
  for (const volume of volumes) {
    const usageId = secretUsage(volume);
    const secret = { uuid: secretUuidHex(volume), usageType: iscsiUsage, usageId };
    await connection
      .call(procedures.secretUndefine, { secret }, timeoutMs)
      .catch(() => undefined);
  }
}
