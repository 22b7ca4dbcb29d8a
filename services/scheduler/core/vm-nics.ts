/**
 * NICs of a VM. A host plugs them in as it starts the VM. They change while it is stopped alone: a copy that runs moves
 * with those that it has, so its record must have the same.
 */
import { maxNics, nicsOf, refused, type Nic, type Reply, type VmRecord } from '@holdfast/contracts';
import { deriveMacAddress, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { wrongNetwork } from './network.js';
import { neverMet } from './vm-needs.js';
import type { Accepted, Admission, VmRequest } from './vm-request.js';
import { admitBeside } from './vm-set.js';

const runs = ({ name }: VmRecord): { refusal: Reply<Accepted> } =>
  ({ refusal: refused('conflict', `${name} is not stopped`, { remedy: `stop it first (holdfast vm stop ${name})` }) });

export function admitNicAdd(
  vm: VmRecord | null,
  request: VmRequest & { network: string; ofCluster?: boolean | undefined },
  cluster: Cluster,
  env: Env,
): Admission {
  return admitBeside(vm, request, env, (known) => {
    if (known.assignment !== null) return runs(known);
    const { network, ofCluster } = request;
    const notItsOwn = wrongNetwork([network], { project: known.project, ofCluster }, cluster);
    if (notItsOwn) return { refusal: notItsOwn };
    const before = nicsOf(known.spec);
    const taken = new Set(before.map(({ nic }) => nic));
    const nic = Array.from({ length: maxNics }, (_, number) => number).find((number) => !taken.has(number));
    if (nic === undefined) {
      const remedy = 'remove one first';
      return { refusal: refused('conflict', `${known.name} has ${maxNics} NICs, as many as there can be`, { remedy }) };
    }
    const record = withNics(known, [...before, { nic, network }]);
    const wrong = neverMet(record.spec, cluster);
    if (wrong) return { refusal: refused('invalid', wrong.text, { field: 'network', remedy: wrong.remedy }) };
    const text = `it has the NIC ${nic} (${deriveMacAddress(known.uid, nic)}) on ${network}`;
    return { record, event: 'vm.nic-added', text };
  });
}

export function admitNicRemove(vm: VmRecord | null, request: VmRequest & { nic: number }, env: Env): Admission {
  return admitBeside(vm, request, env, (known) => {
    if (known.assignment !== null) return runs(known);
    const before = nicsOf(known.spec);
    const gone = before.find(({ nic }) => nic === request.nic);
    if (!gone) {
      const numbers = before.map(({ nic, network }) => `${nic} on ${network}`).join(', ') || 'none';
      const more = { field: 'nic', remedy: `name one of its NICs: ${numbers}` };
      return { refusal: refused('not-found', `${known.name} has no NIC ${request.nic}`, more) };
    }
    const text = `it has no NIC ${gone.nic} on ${gone.network} any more`;
    return { record: withNics(known, before.filter((each) => each !== gone)), event: 'vm.nic-removed', text };
  });
}

function withNics(vm: VmRecord, nics: readonly Nic[]): VmRecord {
  const { nics: _, ...spec } = vm.spec;
  const network = nics.find(({ nic }) => nic === 0)?.network ?? null;
  const more = nics.filter(({ nic }) => nic > 0);
  return { ...vm, spec: { ...spec, network, ...(more.length > 0 && { nics: more }) } };
}
