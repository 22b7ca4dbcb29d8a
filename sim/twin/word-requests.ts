import type { VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import {
  admitBoot, admitCdrom, admitDescribe, admitNicAdd, admitNicRemove, admitRename, admitSet, admitSuspend,
  type Admission, type Cluster,
} from '@holdfast/scheduler/core';

/** What is done once it is stored, beside whatever the VM does; null for another command. */
export function admitWord(
  name: string, known: VmRecord | null, request: unknown, cluster: Cluster, env: Env,
): Admission | null {
  if (name === 'vm-set') return admitSet(known, request as Parameters<typeof admitSet>[1], cluster, env);
  if (name === 'vm-suspend') return admitSuspend(known, request as Parameters<typeof admitSuspend>[1], env);
  if (name === 'vm-rename') return admitRename(known, request as Parameters<typeof admitRename>[1], cluster, env);
  if (name === 'vm-boot') return admitBoot(known, request as Parameters<typeof admitBoot>[1], env);
  if (name === 'vm-cdrom') return admitCdrom(known, request as Parameters<typeof admitCdrom>[1], env);
  if (name === 'vm-nic-add') return admitNicAdd(known, request as Parameters<typeof admitNicAdd>[1], cluster, env);
  if (name === 'vm-nic-remove') return admitNicRemove(known, request as Parameters<typeof admitNicRemove>[1], env);
  if (name === 'vm-describe') return admitDescribe(known, request as Parameters<typeof admitDescribe>[1], env);
  return null;
}
