/** What a VM's firmware boots from. A host heeds it as it starts the VM: what runs goes on, and so does its reboot. */
import type { BootOrder, VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Admission, VmRequest } from './vm-request.js';
import { admitBeside } from './vm-set.js';

export function admitBoot(
  vm: VmRecord | null,
  request: VmRequest & { order: BootOrder | null },
  env: Env,
): Admission {
  return admitBeside(vm, request, env, (known) => {
    const { boot: _, ...spec } = known.spec;
    const { order } = request;
    const when = known.assignment === null ? '' : ' from its next start on';
    const text = `it boots ${order === null ? 'as its image has it' : `from ${order.join(', then ')}`}${when}`;
    return { record: { ...known, spec: { ...spec, ...(order && { boot: order }) } }, event: 'vm.boot-changed', text };
  });
}
