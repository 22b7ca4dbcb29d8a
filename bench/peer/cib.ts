/**
 * Pacemaker's configuration: a fence device for each host and one VM.
 * Format: Pacemaker Explained, https://clusterlabs.org/projects/pacemaker/doc/
 */
import { valuesOf, type PeerMode } from './modes.js';

export interface FencedHost {
  name: string;
  bmc: {
    address: string;
    user: string;
    /** The configuration names it only, so that the password is in no log of its changes. */
    passwordFile: string;
  };
}

export interface PeerVm {
  name: string;
  /** The domain's XML, at the same place on every host. */
  configFile: string;
}

/** One section each, in the order in which they are to be loaded. */
export interface CibSections {
  crm_config: string;
  rsc_defaults: string;
  resources: string;
  constraints: string;
}

export function cibSections(mode: PeerMode, hosts: readonly FencedHost[], vm: PeerVm): CibSections {
  const cluster: Pairs = [['stonith-enabled', 'true'], ...valuesOf(mode, 'cluster')];
  const defaults: Pairs = [['resource-stickiness', '100']];
  return {
    crm_config: block('crm_config', {}, [pairs('cluster_property_set', 'options', cluster)]),
    // A VM that has come back stays: the next run begins from where it is.
    rsc_defaults: block('rsc_defaults', {}, [pairs('meta_attributes', 'rsc-options', defaults)]),
    resources: block('resources', {}, [...hosts.map((host) => fenceDevice(mode, host)), virtualDomain(vm)]),
    constraints: block('constraints', {}, hosts.map(({ name }) => element('rsc_location', {
      id: `fence-${name}-elsewhere`, rsc: `fence-${name}`, node: name, score: '-INFINITY',
    }))),
  };
}

function fenceDevice(mode: PeerMode, { name, bmc }: FencedHost): string {
  const id = `fence-${name}`;
  return block('primitive', { id, class: 'stonith', type: 'fence_ipmilan' }, [
    pairs('instance_attributes', `${id}-parameters`, [
      ['pcmk_host_list', name],
      ['ip', bmc.address],
      ['username', bmc.user],
      ['password_script', `cat ${bmc.passwordFile}`],
      ...valuesOf(mode, 'fence_ipmilan'),
    ]),
    operations(id, [['monitor', '60s', '20s']]),
  ]);
}

/** Operations as the agent's own description advises. */
function virtualDomain({ name, configFile }: PeerVm): string {
  return block('primitive', { id: name, class: 'ocf', provider: 'heartbeat', type: 'VirtualDomain' }, [
    pairs('instance_attributes', `${name}-parameters`, [['config', configFile], ['hypervisor', 'qemu:///system']]),
    operations(name, [['start', '0s', '90s'], ['stop', '0s', '90s'], ['monitor', '10s', '30s']]),
  ]);
}

type Pairs = [string, string][];

function pairs(tag: string, id: string, entries: Pairs): string {
  return block(tag, { id }, entries.map(([name, value]) => element('nvpair', { id: `${id}-${name}`, name, value })));
}

function operations(id: string, entries: [name: string, interval: string, timeout: string][]): string {
  return block('operations', {}, entries.map(([name, interval, timeout]) =>
    element('op', { id: `${id}-${name}-${interval}`, name, interval, timeout })));
}

function block(tag: string, attributes: Record<string, string>, children: readonly string[]): string {
  const inside = children.map((child) => child.replace(/^(?=.)/gm, '  ')).join('');
  return `<${tag}${written(attributes)}>\n${inside}</${tag}>\n`;
}

function element(tag: string, attributes: Record<string, string>): string {
  return `<${tag}${written(attributes)}/>\n`;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function written(attributes: Record<string, string>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${value.replace(/[&<>"]/g, (character) => escapes[character] ?? '')}"`)
    .join('');
}
