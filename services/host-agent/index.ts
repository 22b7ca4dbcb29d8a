export { HostAgent } from './agent.js';
export type { HostAgentDeps } from './agent-deps.js';
export { HostAgentModule } from './host-agent.module.js';
export { SimulatedHypervisor } from './adapters/simulated-hypervisor.js';
export { SimulatedProber } from './adapters/simulated-prober.js';
export { SimulatedSeedImages } from './adapters/simulated-seed-images.js';
export { SimulatedWorld } from './adapters/simulated-world.js';
export { PeerProbe } from './peer-probe.js';
export type { WatchdogDevice } from './adapters/linux-watchdog.js';
