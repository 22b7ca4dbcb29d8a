import type { DiskAccess, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

/** The volumes that a copy of it has: not one that is still being made, nor one that is being deleted. */
export function givenVolumes({ volumes, diskChange }: Pick<VmRecord, 'volumes' | 'diskChange'>): VmRecord['volumes'] {
  if (diskChange === undefined || diskChange.plug !== undefined) return volumes;
  return volumes.filter(({ volume }) => volume !== diskChange.volume);
}

/** How this generation reaches each of these volumes; null while one is not open to it. */
export function accessTo(
  volumes: VmRecord['volumes'], generation: number, cluster: Pick<Cluster, 'attachment'>,
): DiskAccess[] | null {
  const disks: DiskAccess[] = [];
  for (const { volume } of volumes) {
    const holders = cluster.attachment(volume)?.holders ?? [];
    const holder = holders.find((each) => each.generation === generation && each.phase === 'open');
    if (!holder) return null;
    const { iqn, lun, portalAddress, portalPort, chapUser } = holder;
    disks.push({ volume, iqn, lun, portalAddress, portalPort, chapUser });
  }
  return disks;
}

/** The copy that was to be given a disk or NIC, or to give one back, is gone: the next one simply has it. */
export function pluggedByStart(vm: VmRecord): VmRecord {
  if (vm.diskChange?.plug === undefined && vm.nicChange === undefined) return vm;
  return { ...vm, nicChange: undefined, ...(vm.diskChange?.plug !== undefined && { diskChange: undefined }) };
}
