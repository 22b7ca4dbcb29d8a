/** Copies a file to a disk that is served over iSCSI, and back, by qemu-img: what its initiator is, QEMU's is. */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { HypervisorError, type DiskSource } from '../ports.js';

const run = promisify(execFile);
const leastTimeoutMs = 60_000;
/** Slower than this no storage is waited for. */
const leastMiBPerS = 10;

export interface IscsiImage {
  disk: DiskSource;
  initiatorName: string;
  password: string;
  /** At least so much is given time for. */
  sizeMiB: number;
  /** Beside it the password lies while qemu-img runs: in an argument all could read it. */
  file: string;
}

export async function writeIscsi(image: IscsiImage): Promise<void> {
  await convert(image, (target) => ['-n', '-t', 'none', '-f', 'raw', '--target-image-opts', image.file, target]);
}

export async function readIscsi(image: IscsiImage): Promise<void> {
  await convert(image, (source) => ['--image-opts', '-O', 'raw', source, image.file]);
}

async function convert(image: IscsiImage, how: (disk: string) => string[]): Promise<void> {
  const secret = `${image.file}.chap`;
  await rm(secret, { force: true });
  await writeFile(secret, image.password, { mode: 0o600, flag: 'wx' });
  const timeout = Math.max(leastTimeoutMs, Math.ceil((image.sizeMiB / leastMiBPerS) * 1000));
  try {
    await run('qemu-img', ['convert', '--object', `secret,id=chap,file=${secret}`, ...how(optionsOf(image))], {
      timeout, killSignal: 'SIGKILL',
    });
  } catch (error) {
    const { stderr = '', killed, message } = error as { stderr?: string; killed?: boolean; message: string };
    const why = killed === true ? `it took more than ${timeout / 1000} s` : stderr.trim().slice(-500) || message;
    throw new HypervisorError('refused', `${image.disk.volume} could not be copied: ${why}`);
  } finally {
    await rm(secret, { force: true });
  }
}

/** https://www.qemu.org/docs/master/system/images.html#disk-images-iscsi, as `--image-opts` names it. */
function optionsOf({ disk, initiatorName }: IscsiImage): string {
  const { portalAddress, portalPort, iqn, lun, chapUser } = disk;
  const address = portalAddress.includes(':') ? `[${portalAddress}]` : portalAddress;
  const options = {
    driver: 'raw', 'file.driver': 'iscsi', 'file.transport': 'tcp', 'file.portal': `${address}:${portalPort}`,
    'file.target': iqn, 'file.lun': lun, 'file.user': chapUser, 'file.password-secret': 'chap',
    'file.initiator-name': initiatorName,
  };
  return Object.entries(options).map(([name, value]) => `${name}=${String(value).replaceAll(',', ',,')}`).join(',');
}
