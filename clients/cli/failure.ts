import { ApiProblem, ApiUnreachable, OperationTimeout } from '@holdfast/client';
import { CommanderError } from 'commander';

export const exitDone = 0;
export const exitFailed = 1;
export const exitUsage = 2;

export interface FailureDetails {
  code: string;
  message: string;
  field?: string;
  remedy?: string;
  near?: string[];
  operation?: string;
  vm?: string;
}

/** A command that was refused or failed: exit 1, with the reason. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(readonly details: FailureDetails) {
    super(details.message);
  }
}

/** The command was called wrongly: exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}

/** The options that stand for the API's fields. */
const optionOf: Record<string, string> = {
  name: 'NAME',
  cpus: '--cpus',
  memoryMiB: '--memory',
  'cloudInit.userData': '--user-data',
  'cloudInit.metaData': '--meta-data',
  'cloudInit.networkConfig': '--network-config',
  template: '--template',
  parameters: '--set',
  cdrom: '--cdrom',
  iso: 'ISO',
  boot: '--boot',
  order: 'ORDER',
  nic: 'NIC',
  nics: '--nic',
  cpuModel: '--cpu',
  hugePages: '--hugepages',
  netMbits: '--net-mbits',
  diskMBs: '--disk-mbs',
  image: '--image',
  host: '--host',
  reason: '--reason',
  confirm: '--confirm',
  filter: '--filter',
  bytes: '--console',
  vms: '--vms',
  hosts: '--hosts',
  rule: 'NAME',
};

function optionFor(field: string): string | undefined {
  if (field.startsWith('disks')) return '--disk';
  return optionOf[field] ?? optionOf[field.replace(/[.[].*/, '')];
}

function ofProblem(problem: ApiProblem): FailureDetails {
  const { code, detail, field, remedy, near } = problem.details;
  return {
    code,
    message: detail,
    ...(field === undefined ? {} : { field }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(near === undefined ? {} : { near }),
  };
}

/** Known by its name: the lab is loaded only by commands that need it. */
function ofLab(error: unknown): FailureDetails | null {
  if (!(error instanceof Error) || error.name !== 'LabError') return null;
  const code = 'code' in error ? String(error.code) : 'failed';
  const [message = '', remedy] = error.message.split(/; remedy: /);
  return { code, message, ...(remedy === undefined ? {} : { remedy }) };
}

/** What an error means after Ctrl-C: it closes the connection, and to call the API unreachable then would be wrong. */
export function interrupted(error: unknown): unknown {
  if (error instanceof ApiUnreachable) {
    return new CommandFailure({
      code: 'interrupted',
      message: 'interrupted; a change that was asked for may still be carried out',
      remedy: '`holdfast operation list` tells',
    });
  }
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return isAbort ? new CommandFailure({ code: 'interrupted', message: 'interrupted' }) : error;
}

/** What to tell, and how to exit. Anything unknown is a bug of ours and is told as one. */
export function explain(error: unknown): { exitCode: number; details: FailureDetails } {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { exitCode: exitUsage, details: { code: 'usage', message } };
  }
  if (error instanceof UsageError) {
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    return { exitCode: exitUsage, details: { code: 'usage', message: error.message, ...remedy } };
  }
  if (error instanceof CommandFailure) return { exitCode: exitFailed, details: error.details };
  const lab = ofLab(error);
  if (lab) return { exitCode: exitFailed, details: lab };
  if (error instanceof ApiProblem) return { exitCode: exitFailed, details: ofProblem(error) };
  if (error instanceof ApiUnreachable) {
    const remedy = 'see whether it runs; `./holdfast up` starts it';
    return {
      exitCode: exitFailed,
      details: { code: 'unreachable', message: error.message, remedy },
    };
  }
  if (error instanceof OperationTimeout) {
    const { message, operation } = error;
    const remedy = `it goes on; \`holdfast operation show ${operation}\` tells how`;
    return { exitCode: exitFailed, details: { code: 'timeout', message, operation, remedy } };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: exitFailed, details: { code: 'internal', message } };
}

/** For people: the reason, the option it is about, and the remedy. */
export function failureText({ message, field, remedy }: FailureDetails): string {
  const option = field === undefined ? undefined : optionFor(field);
  const lines = [`holdfast: ${message}${option === undefined ? '' : ` (${option})`}`];
  if (remedy !== undefined) lines.push(`  remedy: ${remedy}`);
  return `${lines.join('\n')}\n`;
}
