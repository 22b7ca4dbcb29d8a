import { writeFile } from 'node:fs/promises';
import type { DemoIncident, DemoResult, Teller } from '@holdfast/lab';
import { controlOption, parseCount, type ControlNodes } from '../arguments.js';
import { stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Register, Session } from '../session.js';

interface DemoFlags {
  json?: string;
  keep?: boolean;
  hosts: number;
  control: ControlNodes;
}

export const registerDemo: Register = (program, session) => {
  program
    .command('demo')
    .description('the whole story on real parts: create, migrate, pull a plug, isolate, recover')
    .option('--json <file>', 'write the result to a file')
    .option('--keep', 'leave everything running at the end')
    .option('--hosts <n>', 'how many hypervisors, 3 or more', parseCount, 3)
    .addOption(controlOption)
    .action((flags: DemoFlags) => demo(session, flags));
};

async function demo(session: Session, flags: DemoFlags): Promise<void> {
  if (flags.hosts < 3) {
    throw new CommandFailure({
      code: 'invalid',
      message: 'hosts: two are lost in the story, so it needs 3 or more',
      remedy: 'leave --hosts out',
    });
  }
  const { runDemo } = await import('@holdfast/lab');
  const progress = new Progress(session.io, false);
  let result: DemoResult;
  try {
    result = await runDemo({
      stateDirectory: stateDirectory(session.io.env),
      hosts: flags.hosts,
      ...flags.control,
      keep: flags.keep === true,
      teller: teller(session, progress),
      signal: session.io.interrupted,
    });
  } finally {
    progress.end();
  }
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  conclude(session, result, flags);
}

function teller(session: Session, progress: Progress): Teller {
  const { output } = session;
  return {
    chapter: (title) => {
      progress.end();
      output.line();
      output.heading(title);
    },
    step: (text) => progress.say(text),
    check: (text, held) => {
      progress.end();
      output.line(`  ${held ? output.tone('ok', 'good') : output.tone('FAILED', 'bad')}  ${text}`);
    },
    incident: (incident) => {
      progress.end();
      report(session, incident);
    },
  };
}

/** Milliseconds since the fault, who, and what. */
function report({ output }: Session, incident: DemoIncident): void {
  output.line();
  output.table(
    ['MS SINCE FAULT', 'WHO', 'WHAT'],
    incident.timeline.map(({ ms, subject, text }) => [String(ms).padStart(14), subject, text]),
    'nothing was recorded',
  );
  output.line();
}

function conclude(session: Session, result: DemoResult, flags: DemoFlags): void {
  const { output } = session;
  const seconds = (result.durationMs / 1000).toFixed(0);
  output.line();
  output.table(
    ['FAULT', 'HOST', 'PROOF', 'SUSPECTED', 'PROVEN', 'RUNNING', 'GUEST WROTE', 'STALE WRITES'],
    result.incidents.map((incident) => [
      incident.fault,
      incident.host,
      incident.proof,
      `${incident.suspectedMs} ms`,
      `${incident.provenMs} ms`,
      incident.vms.map(({ vm, runningMs }) => `${vm} ${runningMs} ms`).join(', '),
      incident.vms.map(({ vm, guestWroteMs }) => `${vm} ${guestWroteMs} ms`).join(', '),
      String(incident.staleWritesAfterRevocation),
    ]),
    'no incident was recorded',
  );
  output.line();
  const failed = result.checks.filter(({ held }) => !held);
  if (!result.ok) {
    throw new CommandFailure({
      code: 'failed',
      message: `${failed.length} of ${result.checks.length} checks did not hold`,
    });
  }
  output.line(`All ${result.checks.length} checks held, in ${seconds} s.`);
  if (flags.keep) output.line('It is still running: ./holdfast status, ./holdfast down');
}
