/** Writes a node's disk: what boot, libvirtd, tgtd and ipmi_sim read when the node gets power. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceNode } from './instance.js';
import { nodeDirectory, writeWhole } from './instance.js';
import { LabError } from './errors.js';
import { fabricBatch, fabricLink, linksBatch } from './plan.js';
import { issueCertificate, type Authority } from './pki.js';
import { shellQuote, writeProgram } from './program.js';

export const LIBVIRT_TLS_PORT = 16514;
export const ISCSI_PORT = 3260;

/** @param host of a BMC node: the host whose power it switches. */
export async function writeNode(
  stateDirectory: string, node: InstanceNode, authority: Authority,
  host: InstanceNode | undefined,
): Promise<void> {
  const directory = nodeDirectory(stateDirectory, node.name);
  await mkdir(join(directory, 'log'), { recursive: true, mode: 0o700 });
  await mkdir(join(directory, 'programs'), { mode: 0o700 });
  await writeFile(join(directory, 'fabric.batch'), fabricBatch(node));
  await writeFile(join(directory, 'links.batch'), linksBatch(node));
  await writeFile(join(directory, 'node.conf'), nodeConf(node, directory));
  switch (node.kind) {
    case 'host': return writeHost(directory, node, authority);
    case 'san': return writeSan(directory, node);
    case 'bmc': return writeBmc(stateDirectory, directory, node, host);
    case 'control': return;
  }
}

/** Sourced by the boot scripts. */
function nodeConf(node: InstanceNode, directory: string): string {
  const links = node.networks.map((network) => fabricLink(node.name, network));
  return [
    `NODE=${shellQuote(node.name)}`,
    `KIND=${shellQuote(node.kind)}`,
    `NODE_DIRECTORY=${shellQuote(directory)}`,
    `LINKS=${shellQuote(links.join(' '))}`,
    '',
  ].join('\n');
}

async function writeHost(
  directory: string, node: InstanceNode, authority: Authority,
): Promise<void> {
  const address = needAddress(node, 'management');
  // One certificate for both sides: a hypervisor serves its peers and calls them.
  await issueCertificate(authority, {
    commonName: node.name,
    dnsNames: [node.name],
    ipAddresses: [address],
    directory: join(directory, 'pki'),
    client: true,
    server: true,
  });
  const etc = join(directory, 'libvirt', 'etc');
  await mkdir(etc, { recursive: true });
  await writeFile(join(etc, 'libvirtd.conf'), libvirtdConf(node, address));
  await writeFile(join(etc, 'qemu.conf'), qemuConf(node, address));
  const log = (name: string): string => join(directory, 'log', `${name}.log`);
  await writeProgram(directory, {
    name: 'virtlogd', command: 'virtlogd', logFile: log('virtlogd'),
  });
  await writeProgram(directory, {
    name: 'libvirtd', command: 'libvirtd', args: ['--listen'], logFile: log('libvirtd'),
  });
}

function libvirtdConf(node: InstanceNode, address: string): string {
  return `# Peers come by TLS over the management network, each with a certificate of the lab.
listen_tls = 1
listen_tcp = 0
tls_port = "${LIBVIRT_TLS_PORT}"
listen_addr = "${address}"
auth_tls = "none"
tls_no_verify_certificate = 0
ca_file = "/etc/pki/CA/cacert.pem"
cert_file = "/etc/pki/libvirt/servercert.pem"
key_file = "/etc/pki/libvirt/private/serverkey.pem"
unix_sock_rw_perms = "0700"
auth_unix_rw = "none"
host_uuid = "${node.uuid ?? ''}"
`;
}

function qemuConf(node: InstanceNode, address: string): string {
  return `# One node's namespaces are the fence here, so QEMU runs plain in them.
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
user = "root"
group = "root"
# Without it libvirt waits for a name service when it migrates.
migration_address = "${address}"
migration_host = "${node.name}"
# A peer that is gone ends a migration within seconds; libvirt's default gives it half a minute.
keepalive_interval = 1
keepalive_count = 4
migrate_tls_x509_cert_dir = "/etc/pki/qemu"
migrate_tls_x509_verify = 1
default_tls_x509_cert_dir = "/etc/pki/qemu"
default_tls_x509_verify = 1
`;
}

async function writeSan(directory: string, node: InstanceNode): Promise<void> {
  await mkdir(join(directory, 'pool'), { mode: 0o700 });
  const portal = `portal=${needAddress(node, 'storage')}:${ISCSI_PORT}`;
  await writeProgram(directory, {
    name: 'tgtd',
    command: 'tgtd',
    args: ['--foreground', '--iscsi', portal],
    logFile: join(directory, 'log', 'tgtd.log'),
  });
}

async function writeBmc(
  stateDirectory: string, directory: string, node: InstanceNode, host: InstanceNode | undefined,
): Promise<void> {
  if (host?.bmc === undefined || host.uuid === undefined) {
    throw new LabError('failed', `${node.name} has no host`);
  }
  const password = await readFile(host.bmc.passwordFile, 'utf8');
  const guid = host.uuid.replaceAll('-', '');
  const chassis = `bash ${join(stateDirectory, 'run/scripts/chassis.sh')} ${stateDirectory}`;
  await mkdir(join(directory, 'ipmi'), { mode: 0o700 });
  await writeWhole(join(directory, 'lan.conf'), `name "${host.name}"
set_working_mc 0x20
  startlan 1
    addr ${needAddress(node, 'bmc')} 623
    priv_limit admin
    allowed_auths_admin md5
    guid ${guid}
  endlan
  chassis_control "${chassis} ${host.name}"
  user 1 false "" "" user 1 md5
  user 2 true "${host.bmc.user}" "${password}" admin 10 md5
`, 0o600);
  await writeFile(join(directory, 'bmc.commands'), `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_set_guid 0x20 ${guid}
mc_enable 0x20
`);
  await writeProgram(directory, {
    name: 'ipmi-sim',
    command: 'ipmi_sim',
    args: ['-n', '-c', join(directory, 'lan.conf'), '-f', join(directory, 'bmc.commands'),
      '-s', join(directory, 'ipmi')],
    logFile: join(directory, 'log', 'ipmi-sim.log'),
  });
}

function needAddress(node: InstanceNode, network: 'management' | 'storage' | 'bmc'): string {
  const address = node.addresses[network];
  if (address === undefined) throw new LabError('failed', `${node.name} has no ${network} address`);
  return address;
}
