import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hostCapacitySchema, nameSchema } from '@holdfast/contracts';
import { loadConfig, runService, serviceConfigSchema, systemClock, type RunnerLog } from '@holdfast/runtime';
import { z } from 'zod';
import { NetworkGuestProber } from './adapters/guest-prober.js';
import { IscsiStorage } from './adapters/iscsi-storage.js';
import { defaultLibvirtOptions, LibvirtHypervisor } from './adapters/libvirt-hypervisor.js';
import { findWatchdog, WatchdogError, type WatchdogDevice } from './adapters/linux-watchdog.js';
import { LinuxLoad } from './adapters/linux-load.js';
import { LinuxNetworks } from './adapters/linux-networks.js';
import { XorrisoSeedImages } from './adapters/seed-images.js';
import { HostAgent } from './agent.js';
import { HostAgentModule } from './host-agent.module.js';
import { watchdogRefusal } from './watchdog.js';

/** New at every boot of this host's kernel: proof that nothing of an older boot runs here. */
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

const bootFilesSchema = z.strictObject({
  kernel: z.string(),
  initrd: z.string(),
  commandLine: z.string(),
});

const configSchema = serviceConfigSchema.extend({
  addresses: z.strictObject({ management: z.string(), storage: z.string() }),
  /** What the host offers to VMs; null offers all it has. */
  capacity: z
    .strictObject(hostCapacitySchema.pick({ cpus: true, memoryMiB: true, hugePagesMiB: true }).shape)
    .nullable(),
  /** What VMs may be promised of it: Mbit/s of the guest networks, MB/s to storage. Left out: nothing. */
  bandwidth: hostCapacitySchema.pick({ netMbits: true, diskMBs: true }).optional(),
  accelerator: z.enum(['kvm', 'qemu']),
  /** Boot files of each image this host can start. */
  images: z.record(nameSchema, bootFilesSchema),
  /** Bridge of each guest network this host is on. */
  bridges: z.record(z.string(), z.string()),
  consoleDirectory: z.string(),
  /** Of the CD-ROMs that VMs may have in their drives; the same on every host. */
  isoDirectory: z.string().default('/var/lib/holdfast/isos'),
  /** Of the CD-ROMs for cloud-init; the same on every host. */
  seedDirectory: z.string().default('/run/holdfast/seeds'),
  /** False where several hosts share a kernel: what it counts of the machine says nothing of this host. */
  ownMachine: z.boolean().default(true),
  /** `auto`, `none`, or a device such as `/dev/watchdog0`. */
  watchdog: z.string().default('none'),
});

const config = loadConfig(configSchema);

let agent: HostAgent | null = null;
let isGoingDown = false;
/** Then ends as on SIGTERM. */
async function leaveAndEnd(): Promise<void> {
  isGoingDown = true;
  if (!agent) return;
  await agent.leave();
  process.kill(process.pid, 'SIGTERM');
}
// What the unit that runs at the host's shutdown sends: init's own word for "power is going".
process.on('SIGPWR', () => void leaveAndEnd());

mkdirSync(config.consoleDirectory, { recursive: true, mode: 0o700 });
// What an agent before this one left there is of a guest that nobody takes back any more.
const memoryDirectory = join(config.stateDirectory, 'memory');
rmSync(memoryDirectory, { recursive: true, force: true });

/** One that was named must do; one that was only found is left alone if it does not. */
function watchdogFor(setting: string, log: RunnerLog): WatchdogDevice | null {
  const device = findWatchdog(setting);
  const refusal = device && watchdogRefusal(device);
  if (!refusal) return device;
  if (setting !== 'auto') throw new WatchdogError(refusal);
  log.warn({ path: device.path }, `not armed: ${refusal}`);
  return null;
}

const service = await runService({
  config,
  module: ({ bus, log }) => {
    const { incarnation, addresses, capacity, accelerator, images, bridges } = config;
    const hypervisor = new LibvirtHypervisor({
      ...defaultLibvirtOptions,
      host: config.node,
      accelerator,
      consoleLogDirectory: config.consoleDirectory,
      memoryDirectory,
    });
    return HostAgentModule.with({
      bus,
      clock: systemClock,
      log,
      incarnation,
      hypervisor,
      storage: new IscsiStorage(config.node, addresses.storage, hypervisor),
      prober: new NetworkGuestProber(hypervisor),
      isoDirectory: config.isoDirectory,
      seeds: new XorrisoSeedImages(config.seedDirectory),
      bootId,
      load: new LinuxLoad(config.ownMachine),
      addresses,
      probePort: 'port' in config.http ? config.http.port : 0,
      stateDirectory: config.stateDirectory,
      capacity,
      images,
      bridges,
      ...(config.bandwidth ? { bandwidth: config.bandwidth } : {}),
      networks: new LinuxNetworks(),
      watchdog: watchdogFor(config.watchdog, log),
      consoleFile: (vm) => join(config.consoleDirectory, `${vm}-console.log`),
    });
  },
});

const running = service.app.get(HostAgent);
agent = running;
if (isGoingDown) void leaveAndEnd();
const { metrics, health } = service.context;
health.addDetails(() => ({ bootId }));
health.addCheck('hypervisor', () => (running.ready ? null : 'not connected to libvirt'));
const liveVms = metrics.gauge('holdfast_host_vms', 'VMs that run on this host');
metrics.beforeCollecting(() => liveVms.set(running.liveCount()));
