export { HostAgent, type HostAgentDeps } from './agent.js';
export { HostAgentModule } from './host-agent.module.js';
export { SimulatedHypervisor } from './adapters/simulated-hypervisor.js';
export { SimulatedProber } from './adapters/simulated-prober.js';
export { SimulatedWorld } from './adapters/simulated-world.js';
