import {
  accepted, asAsked, networks, rules, settingsBucket,
  type Asked, type NetworkRecord, type Reply, type RuleRecord, type SettingsRecord, type TransitionRecord,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Machine, MachineRunner } from '@holdfast/runtime';
import { stepNetwork, type Cluster } from './core/index.js';

/** A rule does nothing by itself: VMs obey it. Its machine derives its events, and removes it once they are out. */
export const ruleMachine: Machine<RuleRecord, never> = {
  noun: 'rule',
  contract: rules,
  identity: ({ uid }) => uid,
  isGone: ({ state }) => state === 'deleted',
  step: ({ value }) => ({ state: value, effects: [], wakeAtMs: null }),
  perform: () => Promise.resolve(accepted({})),
};

/** Nor do settings. */
export const settingsMachine: Machine<SettingsRecord, never> = {
  noun: 'settings',
  contract: settingsBucket,
  identity: ({ uid }) => uid,
  isGone: () => false,
  step: ({ value }) => ({ state: value, effects: [], wakeAtMs: null }),
  perform: () => Promise.resolve(accepted({})),
};

/** A network that is closed to some is so after a while. */
export const networkMachine = (cluster: Cluster, env: () => Env): Machine<NetworkRecord, never> => ({
  noun: 'network',
  contract: networks,
  identity: ({ uid }) => uid,
  isGone: ({ state }) => state === 'deleted',
  step: ({ value }) => stepNetwork(value, cluster, env()),
  perform: () => Promise.resolve(accepted({})),
});

/** Changes one of them as it was asked for. */
export async function changeAsAsked<State extends TransitionRecord & { uid: string }, Value extends object>(
  runner: MachineRunner<State, never>,
  key: string,
  request: Asked,
  admit: (known: State | null) => { change: State | null; reply: Reply<Value> },
): Promise<Reply<Value>> {
  return await runner.change(key, (known) => asAsked(known, request, () => admit(known))) as Reply<Value>;
}
