import { ApiProblem, type DrillView, type HoldfastClient } from '@holdfast/client';
import { drillCheckNames, drillStages, type DrillResult } from '@holdfast/contracts';
import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { ageText, type Output, type Tone } from '../output.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

interface DrillFlags extends JsonFlag {
  host?: string;
  list?: true;
  timeout: number;
}

/** A host that was not drilled, and why. */
interface Refused {
  host: string;
  message: string;
  remedy: string | null;
}

const tones: Record<DrillResult['result'], Tone> = {
  passed: 'good',
  failed: 'bad',
  absent: 'dim',
  running: 'busy',
};

const defaultTimeoutSeconds = 600;
const pageSize = 500;

async function hostNames(client: HoldfastClient): Promise<string[]> {
  const names: string[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await client.hosts({ limit: pageSize, ...(after === undefined ? {} : { after }) });
    names.push(...items.map(({ host }) => host));
    after = next ?? undefined;
  } while (after !== undefined);
  return names;
}

async function drillsKnown(client: HoldfastClient): Promise<Map<string, DrillView>> {
  const known = new Map<string, DrillView>();
  let after: string | undefined;
  do {
    const { items, next } = await client.drills({ limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const drill of items) known.set(drill.host, drill);
    after = next ?? undefined;
  } while (after !== undefined);
  return known;
}

/** Begins a drill and sees it through. */
async function drillOne(session: Session, host: string, flags: DrillFlags): Promise<DrillView> {
  const { client, io } = session;
  const { drill: uid } = await client.beginDrill(host);
  const progress = new Progress(io, flags.json === true);
  try {
    const drill = await client.waitForDrill(
      host,
      (seen) => seen.uid === uid && seen.endedAtMs !== null,
      {
        timeoutMs: flags.timeout * 1000,
        signal: io.interrupted,
        onProgress: ({ stage }) => progress.say(`${host}: ${drillStages[stage]}`),
      },
    );
    if (drill.uid === uid && drill.endedAtMs !== null) return drill;
    throw new CommandFailure({
      code: 'timeout',
      message: `the drill of ${host} has not ended within ${flags.timeout} s`,
      remedy: 'it goes on; `holdfast drill --list` tells what it finds',
    });
  } catch (error) {
    if (!io.interrupted.aborted) throw error;
    throw new CommandFailure({
      code: 'interrupted',
      message: `interrupted; the drill of ${host} goes on and ends by itself`,
      remedy: '`holdfast drill --list` tells what it finds',
    });
  } finally {
    progress.end();
  }
}

function tookText(tookMs: number | null): string {
  return tookMs === null ? '-' : `${(tookMs / 1000).toFixed(1)} s`;
}

function rowsOf(output: Output, { host, checks }: DrillView): string[][] {
  return drillCheckNames.map((name, index) => {
    const { result, detail, tookMs } = checks[name];
    return [index === 0 ? host : '', name, output.tone(result, tones[result]), tookText(tookMs), detail];
  });
}

async function run(session: Session, flags: DrillFlags): Promise<void> {
  const { client, output } = session;
  const names = flags.host === undefined ? await hostNames(client) : [flags.host];
  const drills: DrillView[] = [];
  const refused: Refused[] = [];
  for (const host of names) {
    try {
      drills.push(await drillOne(session, host, flags));
    } catch (error) {
      // One of many that cannot be drilled now does not keep the others from it.
      if (!(error instanceof ApiProblem) || flags.host !== undefined || error.status >= 500) throw error;
      refused.push({ host, message: error.message, remedy: error.remedy ?? null });
    }
  }
  if (flags.json) output.json({ drills, refused });
  else {
    const rows = [
      ...drills.flatMap((drill) => rowsOf(output, drill)),
      ...refused.map(({ host, message, remedy }) => [
        host, '-', output.tone('refused', 'bad'), '-', remedy === null ? message : `${message}; ${remedy}`,
      ]),
    ];
    output.table(['HOST', 'CHECK', 'RESULT', 'TOOK', 'WHAT WAS FOUND'], rows, 'there is no host to drill');
  }
  const failed = drills.flatMap(({ checks }) => drillCheckNames.filter((name) => checks[name].result === 'failed'));
  if (failed.length === 0 && refused.length === 0) return;
  const message = [
    ...(failed.length > 0 ? [`${failed.length} of ${drills.length * drillCheckNames.length} checks failed`] : []),
    ...(refused.length > 0 ? [`${refused.length} of ${names.length} hosts were not drilled`] : []),
  ].join('; ');
  throw new CommandFailure({ code: 'drill-failed', message });
}

function listedRow(output: Output, host: string, drill: DrillView | undefined, nowMs: number): string[] {
  if (!drill) return [host, output.tone('never drilled', 'busy'), '-', '-', '-', '-', '-'];
  const results = drillCheckNames.map((name) => {
    const { result } = drill.checks[name];
    return output.tone(result, tones[result]);
  });
  const { endedAtMs, expiresAtMs, stage } = drill;
  const isOver = endedAtMs !== null && expiresAtMs !== null;
  const when = isOver ? `${ageText(endedAtMs, nowMs)} ago` : output.tone(stage, 'busy');
  const stands = !isOver
    ? '-'
    : stage === 'expired' || expiresAtMs <= nowMs
      ? output.tone('expired', 'bad')
      : `for ${ageText(nowMs, expiresAtMs)}`;
  return [host, when, stands, ...results];
}

async function list({ client, output }: Session, { host, json }: DrillFlags): Promise<void> {
  const known = await drillsKnown(client);
  const names = host === undefined ? await hostNames(client) : [host];
  if (json) {
    output.json({ drills: names.flatMap((name) => known.get(name) ?? []) });
    return;
  }
  const headings = ['HOST', 'LAST DRILL', 'STANDS', ...drillCheckNames.map((name) => name.toUpperCase())];
  const rows = names.map((name) => listedRow(output, name, known.get(name), Date.now()));
  output.table(headings, rows, 'there is no host to drill');
}

export const registerDrill: Register = (program, session) => {
  withJson(program.command('drill'))
    .description('try what failover needs while all is well: fence devices, a revocation, a canary VM')
    .option('--host <NAME>', 'this host only; without it all, one after the other')
    .option('--list', 'only tell what the last drills found, and how long that stands')
    .option('--timeout <SECONDS>', 'wait at most this long for each host', parseCount, defaultTimeoutSeconds)
    .addHelpText(
      'after',
      `
On each host: its fence devices are asked whose they are and how they read, a small VM of the drill's
own is started there, storage shuts that copy out as if the host were lost, and it is seen running on
another host; then it is removed. No other VM is touched, and nothing is switched off.
Exit code 0 only if every check passed, or there is nothing to check.

Examples:
  holdfast drill --host h2
  holdfast drill --list`,
    )
    .action((flags: DrillFlags) => (flags.list ? list(session, flags) : run(session, flags)));
};
