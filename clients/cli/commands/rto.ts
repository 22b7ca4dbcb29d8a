import type { HostView, VmView } from '@holdfast/client';
import { rtoOf, type VmRto } from '../rto.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`);

function row({ vm, proof, promisedMs, never, phases, measured }: VmRto): string[] {
  const sum = phases.map(({ phase, atMostMs }) => `${phase} ${atMostMs / 1000}`).join(' + ');
  return [
    vm,
    proof,
    promisedMs === null ? 'never' : seconds(promisedMs),
    String(measured.count),
    seconds(measured.medianMs),
    seconds(measured.largestMs),
    never ?? sum,
  ];
}

export const registerRto: Register = (program, session) => {
  withJson(program.command('rto'))
    .description('for each VM: how long its return may take should its host be lost, and how long it took so far')
    .action(async ({ json }: JsonFlag) => {
      const { client, output } = session;
      const [status, hosts, vms, settings] = await Promise.all([
        client.status(),
        client.all<HostView>((page) => client.hosts(page)),
        client.all<VmView>((page) => client.vms(page)),
        client.settings(),
      ]);
      const items: VmRto[] = [];
      for (const vm of vms) items.push(rtoOf(vm, { status, hosts, vms, settings }, await client.vmEvents(vm.name)));
      if (json) output.json({ items });
      else {
        const headings = ['VM', 'PROOF', 'PROMISED', 'RECOVERIES', 'MEDIAN', 'LARGEST', 'WHY'];
        output.table(headings, items.map(row), 'there is no VM yet');
      }
    });
};
