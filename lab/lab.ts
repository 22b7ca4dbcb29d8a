/** A running lab: its nodes, and its faults as verbs. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAlive, endOfLog, instanceRoot, nodeInit, nodePath, runInRoot } from './enter.js';
import { LabError } from './errors.js';
import type { Instance, InstanceNode } from './instance.js';
import { LabNode, type ProgramState, type ProgramVerb } from './node.js';
import { bmcName, fabricLink, NETWORKS, type NetworkName, type NodeKind } from './plan.js';
import { labDown } from './down.js';

/** The names of the programs that the verbs `agent` and `bus` are about. */
export const AGENT_PROGRAM = 'agent';
export const BUS_PROGRAM = 'nats';
/** An agent bounds by itself how long it waits for its VMs; this is longer. */
const SHUTDOWN_SECONDS = 60;

export type ControlVerb = 'off' | 'on' | 'freeze' | 'thaw' | 'cut' | 'join';

export interface NodeStatus {
  readonly name: string;
  readonly kind: NodeKind;
  readonly power: 'on' | 'off';
  /** Frozen by `pause`. */
  readonly paused: boolean;
  /** The cables, whether or not the node has power. */
  readonly links: { readonly [N in NetworkName]?: 'up' | 'down' };
  /** libvirtd, agent, tgtd, ... each by its name. */
  readonly programs: Readonly<Record<string, ProgramState>>;
  /** Hosts: what the BMC answers to control1. */
  readonly bmc?: 'on' | 'off' | 'unreachable';
}

export interface LabStatus {
  readonly incarnation: string;
  readonly createdAt: string;
  readonly stateDirectory: string;
  readonly nodes: readonly NodeStatus[];
}

export class Lab {
  readonly instance: Instance;
  readonly nodes: readonly LabNode[];

  constructor(instance: Instance) {
    this.instance = instance;
    this.nodes = instance.nodes.map((node) => new LabNode(instance, node));
  }

  /** @throws LabError `unknown-node`, naming the nodes there are. */
  node(name: string): LabNode {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return node;
    throw new LabError('unknown-node',
      `there is no node ${name}; there are ${this.nodes.map((n) => n.name).join(', ')}`);
  }

  /**
   * Switches a host as its BMC would, by the script that the BMC calls; done when the power is as
   * wanted (`on`: the node has booted, its libvirtd may still need a second). Off is a power cut.
   */
  async power(host: string, verb: 'on' | 'off' | 'reset'): Promise<void> {
    const { name } = this.#host(host);
    const state = this.instance.stateDirectory;
    const wanted = { on: ['power', '1'], off: ['power', '0'], reset: ['reset', '1'] }[verb];
    const bmc = this.node(bmcName(name));
    const result = await bmc.exec(
      'bash', [join(state, 'run/scripts/chassis.sh'), state, name, 'set', ...wanted],
      { timeoutMs: 60_000 },
    );
    if (result.code === 0) return;
    throw new LabError('failed',
      `cannot switch ${name} ${verb}; why is in ${join(bmc.fileDirectory, 'log/chassis.log')}`);
  }

  /**
   * Shuts a host down as its operating system would: tells its agent, which stops the VMs and ends; then the power
   * goes. @returns whether the agent has ended by itself in time.
   */
  async shutdown(host: string): Promise<boolean> {
    const { name } = this.#host(host);
    const node = this.node(name);
    if (!(await node.isOn())) {
      throw new LabError('node-off', `${name} is off; remedy: lab power ${name} on`);
    }
    const hasAgent = existsSync(join(node.fileDirectory, 'programs', AGENT_PROGRAM));
    const ended = !hasAgent || (await node.endProgram(AGENT_PROGRAM, 'PWR', SHUTDOWN_SECONDS));
    await this.power(name, 'off');
    return ended;
  }

  /** Like `shutdown`, and the host boots again. */
  async reboot(host: string): Promise<boolean> {
    const ended = await this.shutdown(host);
    await this.power(host, 'on');
    return ended;
  }

  /** Pulls or plugs a host's cable. The network `bmc` is that of the host's BMC. */
  async link(host: string, network: NetworkName, verb: 'up' | 'down'): Promise<void> {
    const { name } = this.#host(host);
    const owner = network === 'bmc' ? bmcName(name) : name;
    if (!this.#node(owner).networks.includes(network)) {
      throw new LabError('invalid-argument',
        `${name} has no network ${network}; it has ${NETWORKS.join(', ')}`);
    }
    await runInRoot(this.instance, 'link.sh', [fabricLink(owner, network), verb]);
  }

  /** Kills a host's agent and keeps it down, or lets it run again. VMs do not notice. */
  async agent(host: string, verb: 'stop' | 'start'): Promise<void> {
    await this.#switch(this.#host(host).name, AGENT_PROGRAM, verb);
  }

  /** Freezes every process of the host; returns when they run again. */
  async pause(host: string, seconds: number): Promise<void> {
    const { name } = this.#host(host);
    if (!(seconds > 0 && seconds <= 3600)) {
      throw new LabError('invalid-argument', `seconds must be above 0 and at most 3600`);
    }
    if ((await nodeInit(this.instance, name)) === null) {
      throw new LabError('node-off', `${name} is off; remedy: lab power ${name} on`);
    }
    await runInRoot(this.instance, 'pause.sh', [name, String(seconds)], seconds * 1000 + 60_000);
  }

  /** Cuts or restores the power of the SAN node, with tgtd and all that runs there. */
  async san(verb: 'up' | 'down'): Promise<void> {
    const state = this.instance.stateDirectory;
    await runInRoot(this.instance, 'power.sh', [state, verb === 'up' ? 'on' : 'off', 'san1']);
  }

  /** Kills the NATS servers of all control nodes, or lets them run again. */
  async bus(verb: 'up' | 'down'): Promise<void> {
    let found = false;
    for (const node of this.nodes) {
      if (!existsSync(join(node.fileDirectory, 'programs', BUS_PROGRAM))) continue;
      found = true;
      await this.#switch(node.name, BUS_PROGRAM, verb === 'up' ? 'start' : 'stop');
    }
    if (!found) throw new LabError('unknown-program', 'no control node runs a NATS server');
  }

  /**
   * What can happen to a whole control node. `off` is a power cut, `freeze` lasts until `thaw`, `cut` pulls its
   * cables until `join`.
   */
  async control(name: string, verb: ControlVerb): Promise<void> {
    const node = this.#controlNode(name);
    const state = this.instance.stateDirectory;
    switch (verb) {
      case 'off':
        await runInRoot(this.instance, 'power.sh', [state, 'off', name]);
        break;
      case 'on':
        if (await node.isOn()) break;
        await runInRoot(this.instance, 'power.sh', [state, 'on', name]);
        await node.listenAgain();
        break;
      case 'freeze':
      case 'thaw':
        if (!(await node.isOn())) throw new LabError('node-off', `${name} is off; remedy: lab control ${name} on`);
        await runInRoot(this.instance, 'pause.sh', [name, verb]);
        break;
      case 'cut':
      case 'join': {
        const links = this.#node(name).networks.map((network) => fabricLink(name, network));
        await Promise.all(links.map((link) =>
          runInRoot(this.instance, 'link.sh', [link, verb === 'cut' ? 'down' : 'up'])));
      }
    }
  }

  /** Stops (SIGKILL), starts, kills (and it starts again), freezes or thaws one program of a node. */
  async program(node: string, program: string, verb: ProgramVerb): Promise<void> {
    if (verb === 'stop' || verb === 'start') await this.#switch(node, program, verb);
    else await this.node(node).signalProgram(program, verb);
  }

  /** Waits until a host's libvirtd answers. @throws LabError `timeout`. */
  async hypervisorReady(host: string, timeoutMs = 30_000): Promise<void> {
    const node = this.node(this.#host(host).name);
    const end = Date.now() + timeoutMs;
    for (;;) {
      const init = await nodeInit(this.instance, node.name);
      const socket = init && nodePath(this.instance, init, '/run/libvirt/libvirt-sock');
      if (socket !== null && existsSync(socket)) {
        const answer = await node.exec('virsh', ['-c', 'qemu:///system', 'hostname'], {
          timeoutMs: Math.max(1000, end - Date.now()),
        });
        if (answer.code === 0) return;
      }
      if (Date.now() > end) {
        const log = join(node.fileDirectory, 'log/libvirtd.log');
        throw new LabError('timeout', `libvirtd on ${host} did not answer within ${timeoutMs} ms; `
          + `${log} ends with: ${await endOfLog(log)}`);
      }
      await sleep(30);
    }
  }

  /** @throws LabError `instance-gone` */
  async status(): Promise<LabStatus> {
    await assertAlive(this.instance);
    const { incarnation, createdAt, stateDirectory, nodes } = this.instance;
    return {
      incarnation, createdAt, stateDirectory,
      nodes: await Promise.all(nodes.map((node) => this.#nodeStatus(node))),
    };
  }

  /** Ends the lab and removes all of it. */
  async down(): Promise<void> {
    await labDown(this.instance.stateDirectory);
  }

  async #nodeStatus(plan: InstanceNode): Promise<NodeStatus> {
    const run = `${instanceRoot(this.instance)}/run/holdfast`;
    const node = this.node(plan.name);
    const on = await node.isOn();
    const networks = plan.kind === 'host' ? new Set([...plan.networks, 'bmc' as const]) : plan.networks;
    const links = [...networks].map((network) => {
      const owner = network === 'bmc' && plan.kind === 'host' ? bmcName(plan.name) : plan.name;
      return [network, existsSync(`${run}/links/${fabricLink(owner, network)}.down`)
        ? 'down' : 'up'] as const;
    });
    const names = await readdir(join(node.fileDirectory, 'programs')).catch(() => []);
    const programs = await Promise.all(names.sort().map(async (name) =>
      [name, await node.programState(name)] as const));
    return {
      name: plan.name,
      kind: plan.kind,
      power: on ? 'on' : 'off',
      paused: on && existsSync(`${run}/nodes/${plan.name}/paused`),
      links: Object.fromEntries(links),
      programs: Object.fromEntries(programs),
      ...(plan.bmc === undefined ? {} : { bmc: await this.#readBmc(plan.bmc) }),
    };
  }

  async #readBmc(bmc: NonNullable<InstanceNode['bmc']>): Promise<'on' | 'off' | 'unreachable'> {
    const control = this.nodes.find((node) => node.kind === 'control');
    if (control === undefined) return 'unreachable';
    try {
      const result = await control.exec('ipmitool', [
        '-I', 'lanplus', '-C', '3', '-N', '1', '-R', '1',
        '-H', bmc.address, '-U', bmc.user, '-f', bmc.passwordFile, 'chassis', 'power', 'status',
      ], { timeoutMs: 5000 });
      const reading = /Chassis Power is (on|off)/.exec(result.stdout)?.[1];
      return reading === 'on' || reading === 'off' ? reading : 'unreachable';
    } catch (error) {
      if (error instanceof LabError) return 'unreachable';
      throw error;
    }
  }

  async #switch(node: string, program: string, verb: 'stop' | 'start'): Promise<void> {
    if (verb === 'stop') await this.node(node).stopProgram(program);
    else await this.node(node).startProgram(program);
  }

  #controlNode(name: string): LabNode {
    const nodes = this.nodes.filter(({ kind, runsControl }) => kind === 'control' || runsControl);
    const node = nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return node;
    throw new LabError('unknown-node',
      `there is no control node ${name}; there are ${nodes.map((candidate) => candidate.name).join(', ')}`);
  }

  #host(name: string): InstanceNode {
    const hosts = this.instance.nodes.filter((node) => node.kind === 'host');
    const host = hosts.find((node) => node.name === name);
    if (host !== undefined) return host;
    throw new LabError('unknown-node',
      `there is no host ${name}; there are ${hosts.map((node) => node.name).join(', ')}`);
  }

  #node(name: string): InstanceNode {
    const node = this.instance.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new LabError('unknown-node', `there is no node ${name}`);
    return node;
  }
}
