/**
 * What has to be known of the agents in Debian's `fence-agents` before one is trusted: read in their sources (4.12.1).
 * docs/fencing.md tells it to people.
 */

function all(names: string, where: string): [string, string][] {
  return names.split(' ').map((name) => [`fence_${name}`, where]);
}

const ipmitool = 'the command line of ipmitool';
const snmp = 'the command line of snmpget and snmpset';

/** Where an agent shows the secret that it was given to everybody, or to its own user's other programs. */
export const secretShownIn: ReadonlyMap<string, string> = new Map([
  ...all('idrac ilo3 ilo4 ilo5 imm ipmilan ipmilanplus', ipmitool),
  ...all('apc_snmp cisco_mds eaton_snmp emerson ibmblade ifmib intelmodular ipdu lindypdu tripplite_snmp', snmp),
  ['fence_vmware', 'the command line of vmrun'],
  ['fence_amt', 'the environment of amttool'],
  ['fence_ironic', 'the environment of openstack'],
]);

/** Agents whose `off` may succeed while the machine runs on. Those that lack `status` or `reboot` need no mention. */
export const switchesNoPower: ReadonlyMap<string, string> = new Map([
  ['fence_ack_manual', 'it takes a person at their word; that is `host confirm-dead`'],
  ['fence_compute', 'it tells a cloud that the machine is down'],
  ['fence_crosslink', 'it takes silence on a cable for proof'],
  ['fence_dummy', 'it switches nothing'],
  ['fence_evacuate', 'it tells a cloud that the machine is down'],
  ['fence_sbd', 'it asks the machine to reset itself'],
]);

/** Actions without which an agent is no power switch: fabric and storage agents have no `reboot`. */
export const actionsOfASwitch = ['off', 'on', 'reboot', 'status'] as const;

const ours = 'Holdfast sets it itself';
const logged = 'it would write the secrets into a log';
const script = 'name a file that holds the secret, under secretFiles';

/** Parameters that a configuration may not set, and why. */
export const refusedParameters: ReadonlyMap<string, string> = new Map([
  ['action', ours],
  ['option', ours],
  ['nodename', ours],
  ['debug', logged],
  ['debug_file', logged],
  ['verbose', logged],
  ['verbose_level', logged],
  ['missing_as_off', 'an outlet that is not there would count as switched off'],
  ['passwd_script', script],
  ['password_script', script],
  ['snmp_priv_passwd_script', script],
]);

const secretName =
  /passw|passphrase|secret|token|community|credential|hexadecimal_kg|(access|api|auth|private|session)_?key/;

/** Parameters are the same with dashes and with underscores. */
export const plainName = (parameter: string): string => parameter.replaceAll('-', '_').toLowerCase();

/** Whether a parameter, by its name, holds what nobody may see. */
export const isSecret = (parameter: string): boolean => secretName.test(plainName(parameter));
