import type { OperationView } from '@holdfast/client';
import { clockText, type Output, type Tone } from '../output.js';
import { emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register } from '../session.js';

const tones: Record<OperationView['state'], Tone> = {
  running: 'busy',
  done: 'good',
  failed: 'bad',
};

function tookText({ startedAtMs, endedAtMs }: OperationView): string {
  return endedAtMs === null ? '-' : `${((endedAtMs - startedAtMs) / 1000).toFixed(1)} s`;
}

function show(output: Output, operation: OperationView): void {
  output.fields([
    ['operation', operation.id],
    ['what', `${operation.kind} ${operation.vm}`],
    ['project', operation.project],
    ['state', output.tone(operation.state, tones[operation.state])],
    ['reason', operation.reason],
    ['started', clockText(operation.startedAtMs)],
    ['ended', operation.endedAtMs === null ? '-' : clockText(operation.endedAtMs)],
    ['took', tookText(operation)],
    ['trace', operation.traceId ?? '-'],
  ]);
}

export const registerOperation: Register = (program, session) => {
  const group = program
    .command('operation')
    .description('operations: what was asked for, and what became of it');
  withList(group.command('list'), 'state=failed,vm~web')
    .description('all operations, newest first')
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const operations = await client.all<OperationView>((page) => client.operations(page), flags);
      if (flags.json) output.json({ items: operations });
      else {
        output.table(
          ['OPERATION', 'WHAT', 'VM', 'STATE', 'STARTED', 'TOOK', 'REASON'],
          operations.map((operation) => [
            operation.id,
            operation.kind,
            operation.vm,
            output.tone(operation.state, tones[operation.state]),
            clockText(operation.startedAtMs),
            tookText(operation),
            operation.reason,
          ]),
          emptyText(flags, 'nothing was asked for yet'),
        );
      }
    });
  withJson(group.command('show'))
    .description('one operation')
    .argument('<ID>', 'the operation')
    .action(async (id: string, { json }: JsonFlag) => {
      const operation = await session.client.operation(id);
      if (json) session.output.json(operation);
      else show(session.output, operation);
    });
  withJson(group.command('cancel'))
    .description('give up a create or a start before the VM runs; a VM that was to be made stays, stopped')
    .argument('<ID>', 'the operation')
    .action(async (id: string, { json }: JsonFlag) => {
      const { client, output } = session;
      const accepted = await client.cancelOperation(id);
      if (json) output.json(accepted);
      else output.line(`${accepted.vm}: is being stopped (operation ${accepted.operation})`);
    });
};
