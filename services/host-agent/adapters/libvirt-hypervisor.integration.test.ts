import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DomainSpec, Hypervisor, SecretValue } from '../ports.js';
import { describeHypervisor } from './hypervisor-contract.js';
import { defaultLibvirtOptions, LibvirtHypervisor } from './libvirt-hypervisor.js';
import { createTwoHosts, type TestHost, type TestHosts } from './test-fixture/two-hosts.js';

const macAddress = '52:54:00:00:00:01';

const patience = { timeout: 60_000, interval: 100 };
let bench: TestHosts;
let targets = 0;

function hypervisorOf(host: TestHost): Hypervisor {
  return new LibvirtHypervisor({
    ...defaultLibvirtOptions,
    host: host.name,
    accelerator: 'qemu',
    socketPath: host.socketPath,
    pkiPath: `${host.directory}/pki`,
  });
}

/** A guest on the one disk, with a target, a CHAP user and a password of its own. */
async function guest(
  vm: string,
  generation: number,
): Promise<{ spec: DomainSpec; secrets: SecretValue[] }> {
  targets += 1;
  const iqn = `iqn.2026-01.io.holdfast:${vm}.g${generation}.t${targets}`;
  const chapUser = `user-${targets}`;
  const password = `password-${targets}-${vm}`;
  await bench.openTarget(targets, iqn, chapUser, password);
  return {
    spec: {
      identity: { vm, uid: `uid-${vm}`, generation, hostEpoch: 1, incarnation: 'i1' },
      cpus: 1,
      memoryMiB: 128,
      boot: bench.boot,
      disks: [
        {
          volume: vm,
          iqn,
          lun: 1,
          portalAddress: bench.portal.address,
          portalPort: bench.portal.port,
          chapUser,
        },
      ],
      nics: [{ bridge: 'guests', macAddress }],
    },
    secrets: [{ volume: vm, password }],
  };
}

async function untilConsoleSays(host: TestHost, vm: string, words: string): Promise<void> {
  await vi.waitFor(async () => expect(await bench.consoleLog(host, vm)).toContain(words), patience);
}

describeHypervisor('libvirt', async () => {
  bench = await createTwoHosts();
  const [alpha, beta] = bench.hosts;
  return {
    first: hypervisorOf(alpha),
    second: hypervisorOf(beta),
    addressOfSecond: beta.address,
    guest,
    untilGuestListens: (_hypervisor, vm) => untilConsoleSays(alpha, vm, 'guest wrote 1'),
    // Its kernel is told to panic when it is interrupted for no reason that it knows.
    troubleGuest: async (vm, trouble) => {
      if (trouble !== 'watchdog') await bench.inside(alpha, 'virsh', 'inject-nmi', vm);
      else {
        const starve = (): Promise<string> =>
          bench.inside(alpha, 'virsh', 'qemu-agent-command', vm, '{"execute": "starve"}');
        await vi.waitFor(starve, patience);
      }
    },
    killDaemonOfFirst: () => bench.killDaemon(alpha),
    startDaemonOfFirst: () => bench.startDaemon(alpha),
    close: () => bench.destroy(),
  };
});

describe('libvirt and QEMU', () => {
  let hypervisor: Hypervisor;
  let host: TestHost;

  beforeAll(async () => {
    bench = await createTwoHosts();
    targets = 0;
    host = bench.hosts[0];
    hypervisor = hypervisorOf(host);
    await hypervisor.connect();
  });

  afterAll(async () => {
    await hypervisor?.close();
    await bench?.destroy();
  });

  test('keep the CHAP password out of arguments and XML, and forget it after the start', async () => {
    const { spec, secrets } = await guest('discreet', 1);
    await hypervisor.start(spec, secrets);
    const [secret] = secrets;
    const processes = await bench.qemuArguments(host);
    expect(processes).toHaveLength(1);
    expect(processes.join()).toContain(spec.disks[0]?.iqn);
    expect(processes.join()).not.toContain(secret?.password);
    const xml = await bench.inside(host, 'virsh', 'dumpxml', '--security-info', 'discreet');
    expect(xml).toContain(spec.disks[0]?.chapUser);
    expect(xml).not.toContain(secret?.password);
    expect(await bench.inside(host, 'virsh', 'secret-list')).not.toContain('holdfast/');
    await hypervisor.destroy(spec.identity);
  });

  test('keep nothing that could start a VM by itself, and leave foreign domains alone', async () => {
    const { spec, secrets } = await guest('fleeting', 1);
    await hypervisor.start(spec, secrets);
    expect(await bench.inside(host, 'virsh', 'list', '--all', '--persistent', '--name')).toBe('\n');
    await bench.inside(
      host,
      'sh',
      '-c',
      [
        'echo "<domain type=\'qemu\'><name>foreign</name><memory>65536</memory><os><type>hvm</type></os></domain>"',
        '> /run/foreign.xml; virsh create /run/foreign.xml',
      ].join(' '),
    );
    expect((await hypervisor.list()).map(({ identity }) => identity.vm)).toEqual(['fleeting']);
    await hypervisor.destroy({ ...spec.identity, vm: 'foreign' });
    await expect(hypervisor.shutdown('foreign')).rejects.toMatchObject({ code: 'no-domain' });
    expect(await bench.inside(host, 'virsh', 'domstate', 'foreign')).toContain('running');
    await bench.inside(host, 'virsh', 'destroy', 'foreign');
    await hypervisor.destroy(spec.identity);
  });

  test('really cut the link of the guest', async () => {
    const { spec, secrets } = await guest('mute', 1);
    await hypervisor.start(spec, secrets);
    await hypervisor.setLink('mute', false);
    expect(await bench.inside(host, 'virsh', 'domif-getlink', 'mute', macAddress)).toContain(
      'down',
    );
    await hypervisor.setLink('mute', true);
    expect(await bench.inside(host, 'virsh', 'domif-getlink', 'mute', macAddress)).toContain(
      'up',
    );
    await hypervisor.destroy(spec.identity);
  });

  test('offer CPU models with their features, and give a guest the one that it asks for', async () => {
    const { cpuModels = '', cpuFeatures = '', numaNodes = [], cpus } = await hypervisor.capacity();
    expect(numaNodes.reduce((sum, node) => sum + node.cpus, 0)).toBe(cpus);
    expect(cpuModels.split(' ')).toEqual(expect.arrayContaining(['Nehalem', 'qemu64']));
    // QEMU's emulation is no EPYC-Rome, and nothing has such a feature.
    expect(cpuModels.split(' ')).not.toContain('EPYC-Rome');
    expect(cpuFeatures.split(' ')).toEqual(expect.arrayContaining(['sse4.2', 'aes']));
    const { spec, secrets } = await guest('modern', 1);
    await hypervisor.start({ ...spec, cpuModel: 'Nehalem,+aes' }, secrets);
    expect((await bench.qemuArguments(host)).join()).toMatch(/-cpu.Nehalem,.*aes=on/);
    await hypervisor.destroy(spec.identity);
  });

  test('let a guest write no more, and can still destroy it, once its target is gone', async () => {
    const { spec, secrets } = await guest('revoked', 1);
    await hypervisor.start(spec, secrets);
    await untilConsoleSays(host, 'revoked', 'guest wrote 1');
    await bench.deleteTarget(targets);
    const atDeletion = (await bench.consoleLog(host, 'revoked')).split('guest wrote').length;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const later = (await bench.consoleLog(host, 'revoked')).split('guest wrote').length;
    // The answer to a write that had landed before may still have been on its way.
    expect(later - atDeletion).toBeLessThanOrEqual(1);
    expect((await hypervisor.list()).map(({ identity }) => identity)).toEqual([spec.identity]);
    await hypervisor.destroy(spec.identity);
    expect(await hypervisor.list()).toEqual([]);
  });

  test('say at once when the start fails because the target refuses the password', async () => {
    const { spec } = await guest('stranger', 1);
    const wrong = [{ volume: 'stranger', password: 'not-the-password' }];
    const failure = await hypervisor.start(spec, wrong).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'HypervisorError' });
    expect(String(failure)).not.toContain('not-the-password');
    expect(await hypervisor.list()).toEqual([]);
  });
});
