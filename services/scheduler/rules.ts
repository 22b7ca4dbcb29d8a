import { accepted, rules, settingsBucket, type RuleRecord, type SettingsRecord } from '@holdfast/contracts';
import type { Machine } from '@holdfast/runtime';

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
