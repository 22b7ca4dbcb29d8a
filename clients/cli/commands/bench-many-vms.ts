import type { ManyVmsBench } from '@holdfast/bench';
import { stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

/** Known here too, so that a wrong number needs no lab. */
const maxVms = 20;

/** `bench failover --vms N` */
export async function manyVms(session: Session, vms: number, isJson: boolean): Promise<void> {
  requireWithin('vms', vms, [1, maxVms], 'more do not fit on one host of the lab');
  const { benchManyVms } = await import('@holdfast/bench');
  const progress = new Progress(session.io, isJson);
  let bench: ManyVmsBench;
  try {
    bench = await benchManyVms({
      stateDirectory: stateDirectory(session.io.env),
      vms,
      progress: (step) => progress.say(step),
      signal: session.io.interrupted,
    });
  } finally {
    progress.end();
  }
  if (isJson) session.output.json(bench);
  else tell(session, bench);
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

function tell({ output }: Session, bench: ManyVmsBench): void {
  output.table(
    ['VM', 'PRIORITY', 'HOST', 'PLACED', 'ORDERED', 'RUNNING', 'QEMU'],
    bench.vms.map(({ vm, priority, host, placedMs, orderedMs, runningMs }) => [
      vm, String(priority), host, `${placedMs} ms`, `${orderedMs} ms`, `${runningMs} ms`, `${runningMs - orderedMs} ms`,
    ]),
    'nothing was measured',
  );
  const atOnce = Object.entries(bench.startsAtOnce).map(([host, most]) => `${host} ${most}`).join(', ');
  output.line();
  output.line(`${bench.lostHost} was lost; the last of ${bench.vms.length} VMs ran after ${bench.lastRunningMs} ms.`
    + ` Most starts at once: ${atOnce}. QEMU's own start took ${bench.qemuSharePercent} % of a VM's time.`);
  const { outOfOrder } = bench;
  output.line(outOfOrder.length === 0
    ? 'None ran before one of higher priority.'
    : `Ran before one of higher priority: ${outOfOrder.join(', ')}.`);
}
