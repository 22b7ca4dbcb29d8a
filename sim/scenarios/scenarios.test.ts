import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { plainActions } from '../run/action.js';
import { judgeRun } from '../run/judge.js';
import { runScenario } from '../run/replay.js';
import { reportDifferences } from '../run/report-difference.js';
import { scenarioReport } from '../run/scenario-report.js';
import { parseScenario, type Scenario } from '../run/scenario.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
/** Reports are written instead of compared. */
const isUpdating = process.env['UPDATE_REPORTS'] === '1';

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const read = (name: string): Scenario =>
  parseScenario(JSON.parse(readFileSync(join(folder, name, 'scenario.json'), 'utf8')));

describe('scenarios', () => {
  test.each(names)('%s comes to what it demands, as its report tells', (name) => {
    const scenario = read(name);
    expect(scenario.name).toBe(name);
    expect(scenario.expect).toHaveProperty('strict', true);
    const run = runScenario(scenario);
    expect(judgeRun(scenario, run).failures).toEqual([]);
    const report = scenarioReport(scenario, run);
    const file = join(folder, name, 'report.txt');
    const expected = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    const differences = reportDifferences(expected, report);
    if (isUpdating && differences.length > 0) writeFileSync(file, `${report.join('\n')}\n`);
    else expect(differences).toEqual([]);
  });

  test.each(names)('%s says what fails and what must happen', (name) => {
    const [title, , ...text] = readFileSync(join(folder, name, 'README.md'), 'utf8').split('\n');
    expect(title).toBe(`# ${name}`);
    const sentences = text.join(' ').match(/[.:!?](?= |$)/g) ?? [];
    expect(sentences.length).toBeGreaterThanOrEqual(2);
  });

  test('there are at least forty, and every verb is in one of them', () => {
    expect(names.length).toBeGreaterThanOrEqual(40);
    const used = new Set(names.flatMap((name) => read(name).timeline.map((action) => action.do)));
    const verbs = plainActions.map(({ shape }) => shape.do.value);
    expect(verbs.filter((verb) => !used.has(verb))).toEqual([]);
  });
});
