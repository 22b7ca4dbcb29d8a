import { afterAll, beforeAll, expect, it } from 'vitest';
import { drillSuite } from './testing/drill-suite.js';
import { hostFaultSuite, serviceFaultSuite } from './testing/fault-suite.js';
import { inspectionSuite } from './testing/inspection-suite.js';
import { isolationSuite } from './testing/isolation-suite.js';
import { lastWordSuite } from './testing/last-word-suite.js';
import { leftovers, machineMarks, type MachineMarks } from './testing/leftovers.js';
import { policySuite } from './testing/policy-suite.js';
import { ProcessWatch } from './testing/process-watch.js';
import { scenarioSuite } from './testing/scenario-suite.js';
import { TestSystem } from './testing/test-system.js';
import { badInputSuite, vmLifeSuite } from './testing/vm-life-suite.js';

/** One real system for every case below, in their order: each leaves it as it found it. */
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

vmLifeSuite(given);
lastWordSuite(given);
badInputSuite(given);
policySuite(given);
drillSuite(given);
scenarioSuite(given);
serviceFaultSuite(given);
hostFaultSuite(given);
isolationSuite(given);
inspectionSuite(given, () => watch);

it('down, with VMs running, leaves nothing', async () => {
  const down = await system.down();
  expect(down).toMatchObject({ code: 0, stderr: '' });
  expect(await leftovers(system.stateDirectory)).toEqual([]);
  expect(await machineMarks()).toEqual(before);
});
