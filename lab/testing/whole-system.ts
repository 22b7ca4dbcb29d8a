import { afterAll, beforeAll, expect, it } from 'vitest';
import { inspectionSuite } from './inspection-suite.js';
import { leftovers, machineMarks, type MachineMarks } from './leftovers.js';
import { ProcessWatch } from './process-watch.js';
import { TestSystem } from './test-system.js';

/**
 * One real system for all of these cases, in their order: each leaves it as it found it. Then it is looked over from
 * outside, and taken down with VMs running.
 */
export function inWholeSystem(suites: readonly ((given: () => TestSystem) => void)[]): void {
  let system: TestSystem;
  let watch: ProcessWatch;
  let before: MachineMarks;
  const given = (): TestSystem => system;

  beforeAll(async () => {
    before = await machineMarks();
    system = await TestSystem.up(3);
    watch = new ProcessWatch(system.stateDirectory);
  });

  afterAll(async () => {
    await watch.close();
    await system.down();
    await system.remove();
  });

  for (const suite of suites) suite(given);
  inspectionSuite(given, () => watch);

  it('down, with VMs running, leaves nothing', async () => {
    const down = await system.down();
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(await leftovers(system.stateDirectory)).toEqual([]);
    expect(await machineMarks()).toEqual(before);
  });
}
