export { Failover, type FailoverDeps } from './failover.js';
export { FailoverModule } from './failover.module.js';
export { SimulatedPower } from './adapters/simulated-power.js';
export { bmcAlone } from './host-power.js';
export type { HostProbe, PowerSwitch, ProbeAnswer } from './ports.js';
