/** What is in a VM's CD-ROM drive. A host puts it in as it starts the VM: what runs keeps what it has. */
import type { VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Admission, VmRequest } from './vm-request.js';
import { admitBeside } from './vm-set.js';

export function admitCdrom(
  vm: VmRecord | null,
  request: VmRequest & { iso: string | null },
  env: Env,
): Admission {
  return admitBeside(vm, request, env, (known) => {
    const { iso } = request;
    const when = known.assignment === null ? '' : ' from its next start on';
    const text = iso === null ? `its CD-ROM drive is empty${when}` : `${iso} is in its CD-ROM drive${when}`;
    return { record: { ...known, spec: { ...known.spec, cdrom: iso } }, event: 'vm.cdrom-changed', text };
  });
}
