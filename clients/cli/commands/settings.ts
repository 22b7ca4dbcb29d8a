import { settingTexts, type Settings, type SettingsChange } from '@holdfast/contracts';
import { UsageError } from '../failure.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

type Value = string | number | null;

/** Settings that have parts: what the part is written with, and how many numbers there may be. */
const partsOf: Readonly<Record<string, { key: keyof Settings; joined: string }>> = {
  weights: { key: 'weights', joined: 'weights.' },
  cpuRatio: { key: 'cpuRatioOn', joined: 'cpuRatio@' },
  memoryOvercommit: { key: 'memoryOvercommitOn', joined: 'memoryOvercommit@' },
};

/** `cpuRatio=4`, `weights.room=2`, `cpuRatio@generation=old=2`: whether it makes sense is for the API to say. */
export function settingsChange(pairs: readonly string[]): SettingsChange {
  const change: Record<string, Value | Record<string, Value>> = {};
  for (const pair of pairs) {
    const match = /^([A-Za-z]+)(?:[.@](.+))?=([^=]*)$/.exec(pair);
    if (!match) throw new UsageError(`${pair} is no KEY=VALUE`, 'give for example policy=packed cpuRatio=6');
    const [, name = '', part, text = ''] = match;
    if (!(name in settingTexts)) {
      const known = Object.keys(settingTexts).map(written).join(', ');
      throw new UsageError(`there is no setting ${name}`, `known are ${known}`);
    }
    const value = valueOf(text);
    if (part === undefined) {
      change[name] = value;
      continue;
    }
    const key = partsOf[name]?.key;
    if (!key) throw new UsageError(`${name} has no parts`, `give ${name}=VALUE`);
    const parts = change[key];
    change[key] = { ...(typeof parts === 'object' ? parts : {}), [part]: value };
  }
  return change as SettingsChange;
}

/** As it is set: some have parts only. */
function written(key: string): string {
  const joined = Object.values(partsOf).find((each) => each.key === key)?.joined;
  return joined === undefined ? key : `${joined}${joined.endsWith('@') ? 'LABEL=VALUE' : 'PART'}`;
}

function valueOf(text: string): Value {
  if (text === 'none' || text === 'default') return null;
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Each with the key by which it is set, and what it means. */
function rowsOf(settings: Settings): string[][] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const { means } = settingTexts[key as keyof Settings];
    if (value === null || typeof value !== 'object') return [[key, value === null ? 'none' : String(value), means]];
    const joined = Object.values(partsOf).find((each) => each.key === key)?.joined ?? '';
    return Object.entries(value).map(([part, number]) => [`${joined}${part}`, String(number), means]);
  });
}

async function show({ client, output }: Session, { json }: JsonFlag): Promise<void> {
  const settings = await client.settings();
  if (json) output.json(settings);
  else output.table(['SETTING', 'VALUE', 'MEANS'], rowsOf(settings), '');
}

async function set({ client, output }: Session, pairs: readonly string[], { json }: JsonFlag): Promise<void> {
  const before = await client.settings();
  const settings = await client.changeSettings(settingsChange(pairs));
  if (json) {
    output.json(settings);
    return;
  }
  const old = new Map(rowsOf(before).map(([key, value]) => [key, value]));
  const now = rowsOf(settings);
  const changed = now.filter(([key, value]) => old.get(key) !== value).map(([key, value]) => `${key} is now ${value}`);
  const gone = [...old.keys()].filter((key) => now.every(([each]) => each !== key)).map((key) => `${key} is gone`);
  output.line([...changed, ...gone].join('\n') || 'nothing changed');
}

export const registerSettings: Register = (program, session) => {
  const group = program.command('settings').description('how the scheduler decides, for the whole cluster');
  withJson(group.command('show'))
    .description('all settings')
    .action((flags: JsonFlag) => show(session, flags));
  withJson(group.command('set'))
    .description('change settings; what is not named stays')
    .argument('<KEY=VALUE...>', 'settings with their new values')
    .addHelpText(
      'after',
      `
A ratio for hosts with a label is KEY@LABEL=VALUE; "default" takes it back.

Examples:
  holdfast settings set policy=packed
  holdfast settings set admission=refuse admissionHosts=2
  holdfast settings set admissionLabel=rack
  holdfast settings set migrationNetworkLabel=switch migrationsPerNetwork=4
  holdfast settings set cpuRatio=6 cpuRatio@generation=old=2
  holdfast settings set weights.room=1`,
    )
    .action((pairs: string[], flags: JsonFlag) => set(session, pairs, flags));
};
