/** Debian's Corosync and Pacemaker on the hosts of a lab, with one VM. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  buildTinyImage, JournalWatch, LabError, repositoryDirectory, waitUntil, type Lab, type LabNode, type Software,
} from '@holdfast/lab';
import { cibSections, type FencedHost } from './cib.js';
import { clusterStateOf, startedAt, type ClusterState } from './cluster-state.js';
import { corosyncConf } from './corosync-conf.js';
import { domainXml } from './domain.js';
import type { PeerMode } from './modes.js';

/** As large as the VM that Holdfast is measured with. */
const memoryMiB = 128;
const diskMiB = 64;
const vmName = 'bench';
const target = { name: 'iqn.2026-01.io.holdfast.bench:vm', id: 1, lun: 1 };
const vmConfigFile = `/etc/pacemaker/${vmName}.xml`;
const programs = ['corosync', 'pacemakerd', 'events'] as const;
const wholeWithinMs = 240_000;
const settledWithinSeconds = 120;
const lookEveryMs = 500;
const commandWithinMs = 60_000;

export class PeerCluster {
  private constructor(
    private readonly lab: Lab,
    private readonly signal: AbortSignal,
    /** What the guest writes, read from its disk. */
    readonly journal: JournalWatch,
  ) {}

  /** Returns when the VM runs and its guest writes. @throws LabError */
  static async start(lab: Lab, mode: PeerMode, software: Software, signal: AbortSignal): Promise<PeerCluster> {
    const disk = await makeDisk(lab);
    const cluster = new PeerCluster(lab, signal, new JournalWatch(disk));
    try {
      await cluster.setUp(mode, software);
      await cluster.untilWhole(0);
      await cluster.load(mode);
      await cluster.untilWhole(1 + cluster.hosts.length);
      await waitUntil('the guest to write', () => cluster.journal.count() > 1, { signal });
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get hosts(): LabNode[] {
    return this.lab.nodes.filter(({ kind }) => kind === 'host');
  }

  /** Reads no more; the lab's own end is that of the cluster. */
  async close(): Promise<void> {
    await this.journal.close();
  }

  /** As a host that has power sees it; null while none answers. */
  async state(): Promise<ClusterState | null> {
    for (const host of this.hosts) {
      if (!(await host.isOn())) continue;
      const { code, stdout } = await host.exec('crm_mon', ['--one-shot', '--output-as=xml']);
      if (code === 0) return clusterStateOf(stdout);
    }
    return null;
  }

  /** Every host is a member, so many resources run, each once, and nothing is left to be done. */
  async untilWhole(resources = 1 + this.hosts.length): Promise<void> {
    const { signal } = this;
    await waitUntil('the cluster to be whole', async () => {
      const state = await this.state();
      return state?.coordinator != null && state.wellHosts.length === this.hosts.length
        && state.resources.filter(({ isWell, hosts }) => isWell && hosts.length === 1).length === resources;
    }, { withinMs: wholeWithinMs, everyMs: lookEveryMs, signal });
    await this.run('crm_resource', ['--wait', `--timeout=${settledWithinSeconds}`]);
  }

  async vmHost(): Promise<string> {
    const host = (await this.state())?.resources.find(({ id }) => id === vmName)?.hosts[0];
    if (host === undefined) throw new LabError('failed', 'the VM runs nowhere');
    return host;
  }

  /** Whether the cluster's programs start on a host that has power: a real one's firmware and boot take their time. */
  async letBoot(host: string, may: boolean): Promise<void> {
    const file = join(peerDirectory(this.lab.node(host)), 'booted');
    await (may ? writeFile(file, '') : rm(file, { force: true }));
  }

  /** When libvirt saw the VM's QEMU start on another host; null as long as it has not. */
  async startedElsewhereAt(host: string, sinceMs: number): Promise<number | null> {
    const times = await Promise.all(this.hosts.filter(({ name }) => name !== host).map(async (other) =>
      startedAt(await readFile(logFile(other, 'events'), 'utf8').catch(() => ''), vmName)));
    return times.flat().filter((atMs) => atMs >= sinceMs).sort((one, other) => one - other)[0] ?? null;
  }

  async versions(): Promise<Record<string, string>> {
    const firstNumber = (text: string): string => /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown';
    return {
      corosync: firstNumber(await this.run('corosync', ['-v'])),
      pacemaker: firstNumber(await this.run('pacemakerd', ['--version'])),
      fence_ipmilan: firstNumber(await this.run('fence_ipmilan', ['--version'])),
    };
  }

  private async setUp(mode: PeerMode, software: Software): Promise<void> {
    const nodes = this.hosts.map(({ name, addresses }) => ({ name, address: addresses.management ?? '' }));
    const image = await buildTinyImage(join(this.lab.instance.stateDirectory, 'images'));
    const portal = this.lab.node('san1').addresses.storage ?? '';
    const iscsi = { portal, target: target.name, lun: target.lun };
    const key = randomBytes(4096);
    await Promise.all(this.hosts.map(async (host) => {
      const directory = peerDirectory(host);
      const put = async (path: string, content: string | Buffer, mode_ = 0o644): Promise<void> => {
        const file = join(directory, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content, { mode: mode_ });
      };
      await put('booted', '');
      await put('etc/corosync/corosync.conf', corosyncConf(mode, nodes));
      await put('etc/pacemaker/authkey', key, 0o640);
      await put(vmConfigFile, domainXml({ name: vmName, memoryMiB, image, iscsi }));
      for (const name of programs) {
        await host.supervise({
          name,
          command: 'bash',
          args: [join(repositoryDirectory(), 'bench/peer/host.sh'), software.directory, directory, name],
          logFile: logFile(host, name),
        });
      }
    }));
  }

  private async load(mode: PeerMode): Promise<void> {
    const hosts: FencedHost[] = this.lab.instance.nodes.flatMap(({ name, bmc }) => (bmc ? [{ name, bmc }] : []));
    const sections = cibSections(mode, hosts, { name: vmName, configFile: vmConfigFile });
    for (const [scope, xml] of Object.entries(sections)) {
      await this.run('cibadmin', ['--modify', '--allow-create', '--scope', scope, '--xml-pipe'], String(xml));
    }
  }

  /** On the first host that has power. @throws LabError when it ends with an error. */
  private async run(command: string, args: readonly string[], input = ''): Promise<string> {
    for (const host of this.hosts) {
      if (!(await host.isOn())) continue;
      const timeoutMs = commandWithinMs + settledWithinSeconds * 1000;
      const { code, stdout, stderr } = await host.exec(command, args, { input, timeoutMs });
      if (code === 0) return stdout;
      throw new LabError('failed', `${command} on ${host.name}: ${stderr.trim() || `exit code ${code}`}`);
    }
    throw new LabError('node-off', `${command}: no host has power`);
  }
}

function peerDirectory(host: LabNode): string {
  return join(host.fileDirectory, 'peer');
}

function logFile(host: LabNode, program: string): string {
  return join(host.fileDirectory, 'log', `${program}.log`);
}

/** A LUN of tgtd that every host may open. Without an account it asks for no password, so there is none to tell. */
async function makeDisk(lab: Lab): Promise<string> {
  const san = lab.node('san1');
  const file = join(san.fileDirectory, 'pool', `${vmName}.raw`);
  await writeFile(file, '');
  await truncate(file, diskMiB * 1024 * 1024);
  const on = ['--lld', 'iscsi', '--tid', String(target.id)];
  for (const args of [
    ['--op', 'new', '--mode', 'target', ...on, '--targetname', target.name],
    ['--op', 'new', '--mode', 'logicalunit', ...on, '--lun', String(target.lun), '--backing-store', file],
    ['--op', 'bind', '--mode', 'target', ...on, '--initiator-address', 'ALL'],
  ]) {
    const { code, stderr } = await san.exec('tgtadm', args);
    if (code !== 0) throw new LabError('failed', `tgtadm: ${stderr.trim()}`);
  }
  return file;
}
