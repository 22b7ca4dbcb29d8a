import type { Judgement } from '@holdfast/sim';
import type { Command } from 'commander';
import { CommandFailure, UsageError } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';

/** `sim judge DIR`: exit 0 when all passed, 1 when some failed, 2 when there is nothing to judge. */
export function registerSimJudge(group: Command, session: Session): void {
  withJson(group.command('judge <folder>'))
    .description('run every scenario of a folder and hold it against what it expects')
    .action((folder: string, flags: JsonFlag) => judgeFolder(session, folder, flags));
}

async function judgeFolder(session: Session, folder: string, { json }: JsonFlag): Promise<void> {
  const { judgeFiles, scenarioFiles } = await import('@holdfast/sim');
  const files = filesIn(scenarioFiles, folder);
  const progress = new Progress(session.io, json === true || session.io.stderr.isTTY !== true);
  const result = judgeFiles(files, (done) => progress.say(`${done} of ${files.length} scenarios`));
  progress.end();
  if (json) session.output.json(result);
  else table(session, result);
  const { length } = result.failed;
  if (length > 0) {
    throw new CommandFailure({ code: 'scenario-failed', message: `${length} of ${result.cases} scenarios failed` });
  }
}

function filesIn(scenarioFiles: (folder: string) => string[], folder: string): string[] {
  let files: string[];
  try {
    files = scenarioFiles(folder);
  } catch (error) {
    throw new UsageError(`${folder} is not readable: ${(error as Error).message}`);
  }
  if (files.length === 0) {
    throw new UsageError(`there are no scenarios in ${folder}`, 'name a folder of JSON files or of such folders');
  }
  return files;
}

function table({ output }: Session, { cases, passed, failed, differs }: Judgement): void {
  const rows = [
    ...failed.map(({ name, why }) => [name, output.tone('failed', 'bad'), why]),
    ...differs.map(({ name, why }) => [name, output.tone('passed, differs', 'busy'), why]),
  ];
  if (rows.length > 0) output.table(['SCENARIO', 'RESULT', 'WHY'], rows, '');
  output.line(`${passed} of ${cases} scenarios passed`);
}
