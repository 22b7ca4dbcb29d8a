/** What the twin of the agent's hands works with. */
import type {
  agentMigrate,
  agentPause,
  agentReboot,
  agentResume,
  agentStart,
  agentStop,
  agentWatch,
  HostCapacity,
} from '@holdfast/contracts';
import type { Process } from '../engine/process.js';
import type { Hypervisor } from '../world/hypervisor.js';
import type { AgentMemory } from './agent-memory.js';
import type { Plant } from './plant.js';

export type BeginRequest = typeof agentStart.request._output;
export type StopRequest = typeof agentStop.request._output;
export type RebootRequest = typeof agentReboot.request._output;
export type PauseRequest = typeof agentPause.request._output;
export type ResumeRequest = typeof agentResume.request._output;
export type MigrateRequest = typeof agentMigrate.request._output;

export type WatchRequest = typeof agentWatch.request._output;

export interface CopiesParts {
  process: Process;
  hypervisor: Hypervisor;
  memory: AgentMemory;
  incarnation: string;
  capacity: HostCapacity;
  isBootKnown(): boolean;
  /** The epoch the cluster gives this host, asked anew; null when nobody answers. */
  currentEpoch(done: (epoch: number | null) => void): void;
  changed(): void;
  planted: Plant;
}
