/** What corosync reads, on every host the same: Debian's own file, with the hosts of the lab in it. */
import { valuesOf, type PeerMode } from './modes.js';

export interface ClusterNode {
  name: string;
  /** On the management network. */
  address: string;
}

export const corosyncLogFile = '/var/log/corosync/corosync.log';

export function corosyncConf(mode: PeerMode, nodes: readonly ClusterNode[]): string {
  const totem = [
    ['version', '2'], ['cluster_name', 'debian'], ['transport', 'knet'],
    ['crypto_cipher', 'none'], ['crypto_hash', 'none'], ...valuesOf(mode, 'totem'),
  ];
  const logging = [
    ['fileline', 'off'], ['to_stderr', 'no'], ['to_logfile', 'yes'], ['logfile', corosyncLogFile],
    ['to_syslog', 'no'], ['debug', 'off'], ['timestamp', 'hires'],
  ];
  return [
    section('totem', totem),
    section('logging', logging),
    section('quorum', [['provider', 'corosync_votequorum']]),
    'nodelist {\n',
    ...nodes.map(({ name, address }, index) =>
      indented(section('node', [['name', name], ['nodeid', String(index + 1)], ['ring0_addr', address]]))),
    '}\n',
  ].join('');
}

function section(name: string, entries: readonly (readonly string[])[]): string {
  return `${name} {\n${entries.map(([key, value]) => `\t${key}: ${value}\n`).join('')}}\n`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '\t');
}
