import type { VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { admitDiskAdd, admitDiskRemove, type Admission, type Cluster } from '@holdfast/scheduler/core';

type Add = Parameters<typeof admitDiskAdd>[1];
type Remove = Parameters<typeof admitDiskRemove>[1];

/** Another disk is asked for by its size, one less by its name. */
export function admitDisk(known: VmRecord | null, request: unknown, cluster: Cluster, env: Env): Admission {
  const asked = request as Add | Remove;
  return 'volume' in asked ? admitDiskRemove(known, asked, cluster, env) : admitDiskAdd(known, asked, cluster, env);
}
