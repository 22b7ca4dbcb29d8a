/** Settings that people make for the whole cluster. */
import {
  accepted,
  defaultSettings,
  noTransitions,
  refused,
  settingTexts,
  settingsKey,
  withChange,
  withTransition,
  type Reply,
  type Settings,
  type SettingsChange,
  type SettingsRecord,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';

export interface SettingsAdmission {
  change: SettingsRecord | null;
  reply: Reply<Settings>;
}

export function admitSettings(
  existing: SettingsRecord | null,
  { operation, change }: { operation: string; change: SettingsChange },
  cluster: Cluster,
  env: Env,
): SettingsAdmission {
  const before = existing?.settings ?? defaultSettings;
  const settings = withChange(before, change);
  if (!settings) {
    const field = change.cpuRatioOn ? 'cpuRatioOn' : 'memoryOvercommitOn';
    return no('invalid', `${field}: too many labels`, { field, remedy: settingTexts[field].remedy });
  }
  for (const field of ['admissionLabel', 'migrationNetworkLabel'] as const) {
    const label = change[field];
    if (label == null || cluster.hosts().some(({ labels }) => labels[label] !== undefined)) continue;
    const remedy = `say first what each host has (holdfast host label HOST ${label}=...)`;
    return no('invalid', `${field}: no host has the label ${label}`, { field, remedy });
  }
  const differences = differencesOf(before, settings);
  if (differences.length === 0) return { change: null, reply: accepted(settings) };
  const record: SettingsRecord = existing ?? {
    ...noTransitions(env.incarnation, env.nowMs),
    uid: deriveId(env.incarnation, 'settings', settingsKey, operation),
    settings,
  };
  const text = `changed: ${differences.join(', ')}`.slice(0, 2000);
  const changed = { event: 'settings.changed', text, operation };
  return { change: withTransition({ ...record, settings }, env.nowMs, changed), reply: accepted(settings) };
}

/** `cpuRatio from 4 to 2`, for each that is another one now. */
function differencesOf(before: Settings, now: Settings): string[] {
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return (Object.keys(now) as (keyof Settings)[])
    .map((key) => [key, shown(before[key]), shown(now[key])] as const)
    .filter(([, from, to]) => from !== to)
    .map(([key, from, to]) => `${key} from ${from} to ${to}`);
}

function no(...args: Parameters<typeof refused>): SettingsAdmission {
  return { change: null, reply: refused(...args) };
}
