/** Judges every scenario of a folder: its JSON files, and `scenario.json` in each folder below it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from './judge.js';
import { parseScenario, ScenarioError } from './scenario.js';

export interface Judgement {
  cases: number;
  passed: number;
  failed: { name: string; why: string }[];
  /** Cases that passed, though their expectation means something else than Holdfast does. */
  differs: { name: string; why: string }[];
}

/** Paths below `folder`, in the order of their names. Throws when it cannot be read. */
export function scenarioFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (entry.isFile() && entry.name.endsWith('.json')) return [join(folder, entry.name)];
    const inside = join(folder, entry.name, 'scenario.json');
    return entry.isDirectory() && existsSync(inside) ? [inside] : [];
  });
}

/** `judged` is told about each file as it is done. What is not a scenario fails, and says where. */
export function judgeFiles(files: readonly string[], judged: (done: number) => void = () => undefined): Judgement {
  const result: Judgement = { cases: files.length, passed: 0, failed: [], differs: [] };
  files.forEach((file, index) => {
    const { name, failures, differs } = judgeFile(file);
    if (failures.length > 0) result.failed.push({ name, why: failures.join('; ') });
    else result.passed += 1;
    if (differs.length > 0 && failures.length === 0) result.differs.push({ name, why: differs.join('; ') });
    judged(index + 1);
  });
  return result;
}

function judgeFile(file: string): ReturnType<typeof judge> {
  try {
    return judge(parseScenario(JSON.parse(readFileSync(file, 'utf8'))));
  } catch (error) {
    if (!(error instanceof ScenarioError) && !(error instanceof SyntaxError)) throw error;
    return { name: file, failures: [`not a scenario: ${error.message}`], differs: [] };
  }
}
