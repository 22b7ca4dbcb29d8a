/** `crm_simulate --profile` of Debian's pacemaker-cli-utils: the same loss, planned by Pacemaker's scheduler. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackage, timedRun } from './peer-run.js';

const binary = '/usr/sbin/crm_simulate';
const timeLimitMs = 1_800_000;
const vmsPerHost = 10;

export interface PeerRecovery {
  hosts: number;
  vms: number;
  cpuSeconds: number;
}

/** `why` when nothing can be compared. */
export async function crmSimulate(
  hosts: number,
  progress: (step: string) => void,
): Promise<{ peer: PeerRecovery | null; why: string | null }> {
  const missing = await installPackage('pacemaker-cli-utils', binary, progress);
  if (missing !== null) return { peer: null, why: missing };
  progress(`crm_simulate: one of ${hosts} hosts${hosts > 20 ? ' (some minutes)' : ''}`);
  const directory = await mkdtemp(join(tmpdir(), 'crm-simulate-'));
  try {
    await writeFile(join(directory, 'loss.xml'), cibAfterLoss(hosts));
    const run = await timedRun(binary, ['--profile', directory], { timeLimitMs });
    if (!run) return { peer: null, why: `crm_simulate took more than ${timeLimitMs / 1000} s` };
    return { peer: { hosts, vms: hosts * vmsPerHost, cpuSeconds: run.cpuSeconds }, why: null };
  } catch (error) {
    return { peer: null, why: String(error) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** All hosts alike, ten VMs on each, the first host down: its VMs are to be placed by what they use. */
export function cibAfterLoss(hosts: number): string {
  const utilization = (id: string, cpus: number, memoryMiB: number): string =>
    `<utilization id="${id}-u"><nvpair id="${id}-c" name="cpu" value="${cpus}"/>` +
    `<nvpair id="${id}-m" name="memory" value="${memoryMiB}"/></utilization>`;
  const range = (count: number): number[] => [...Array(count).keys()];
  const nodes = range(hosts).map((i) =>
    `<node id="${i + 1}" uname="h${i}">${utilization(`h${i}`, 128, 160 * 1024)}</node>`);
  const resources = range(hosts * vmsPerHost).map((i) =>
    `<primitive id="vm${i}" class="ocf" provider="pacemaker" type="Dummy">` +
    `${utilization(`vm${i}`, 4, 12_288)}</primitive>`);
  const states = range(hosts).map((i) => {
    const isUp = i > 0;
    const presence = isUp
      ? 'in_ccm="true" crmd="online" join="member" expected="member"'
      : 'in_ccm="false" crmd="offline" join="down" expected="down"';
    const running = range(vmsPerHost).map((n) => startedHere(i * vmsPerHost + n)).join('');
    return `<node_state id="${i + 1}" uname="h${i}" ${presence}><lrm id="${i + 1}"><lrm_resources>` +
      `${running}</lrm_resources></lrm></node_state>`;
  });
  const options = [['stonith-enabled', 'false'], ['placement-strategy', 'balanced'], ['no-quorum-policy', 'ignore']]
    .map(([name, value]) => `<nvpair id="o-${name}" name="${name}" value="${value}"/>`);
  return '<cib crm_feature_set="3.17.0" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0" ' +
    `have-quorum="1" dc-uuid="2"><configuration><crm_config><cluster_property_set id="o">${options.join('')}` +
    `</cluster_property_set></crm_config><nodes>${nodes.join('')}</nodes><resources>${resources.join('')}</resources>` +
    `<constraints/></configuration><status>${states.join('')}</status></cib>\n`;
}

function startedHere(vm: number): string {
  const key = `${vm}:1:0:00000000-0000-4000-8000-000000000000`;
  return `<lrm_resource id="vm${vm}" class="ocf" provider="pacemaker" type="Dummy"><lrm_rsc_op id="vm${vm}_last_0" ` +
    `operation_key="vm${vm}_start_0" operation="start" crm_feature_set="3.17.0" transition-key="${key}" ` +
    `transition-magic="0:0;${key}" call-id="${vm + 1}" rc-code="0" op-status="0" interval="0"/></lrm_resource>`;
}
