import type { agentStart, CloudInit } from '@holdfast/contracts';
import { parse } from 'yaml';
import { isLive, type LocalState } from './core/index.js';
import { HypervisorError, type SeedFiles, type SeedImages } from './ports.js';

/**
 * The CD-ROM of a VM that is about to start or to arrive here, if its guest is told anything.
 * @throws HypervisorError
 */
export async function makeSeed(
  seeds: SeedImages,
  { vm, uid, spec }: Pick<typeof agentStart.request._output, 'vm' | 'uid' | 'spec'>,
): Promise<void> {
  if (spec.cloudInit) await seeds.put(uid, seedFiles(vm, uid, spec.cloudInit));
}

/** It is kept for as long as a copy of the VM is here. */
export function keepSeeds(seeds: SeedImages, { vms }: LocalState): void {
  seeds.keepOnly((uid) => Object.values(vms).some(({ copy }) => isLive(copy) && copy.uid === uid));
}

/** The same on every host. */
function seedFiles(vm: string, uid: string, { userData = '', metaData, networkConfig }: CloudInit): SeedFiles {
  // By its instance id cloud-init tells whether it has done its work already.
  const named = { 'instance-id': uid, 'local-hostname': vm, ...mappingOf(metaData) };
  return {
    'user-data': userData,
    // JSON is YAML.
    'meta-data': `${JSON.stringify(named)}\n`,
    ...(networkConfig === undefined ? {} : { 'network-config': networkConfig }),
  };
}

function mappingOf(metaData: string | undefined): object {
  if (metaData === undefined) return {};
  try {
    const value: unknown = parse(metaData);
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // The parser's message quotes what only the guest may know.
  }
  throw new HypervisorError('refused', 'its cloudInit.metaData is no YAML mapping');
}
