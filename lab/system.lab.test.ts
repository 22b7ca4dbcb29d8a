import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostFaultSuite, serviceFaultSuite } from './testing/fault-suite.js';
import { inspectionSuite } from './testing/inspection-suite.js';
import { leftovers } from './testing/leftovers.js';
import { TestSystem } from './testing/test-system.js';
import { badInputSuite, vmLifeSuite } from './testing/vm-life-suite.js';

/** One real system for every case below, in their order: each leaves it as it found it. */
let system: TestSystem;
let isDown = false;
const given = (): TestSystem => system;

beforeAll(async () => {
  system = await TestSystem.up(3);
});

afterAll(async () => {
  if (!isDown) await system.down();
});

vmLifeSuite(given);
badInputSuite(given);
serviceFaultSuite(given);
hostFaultSuite(given);
inspectionSuite(given);

it('down, with VMs running, leaves nothing', async () => {
  const down = await system.down();
  isDown = true;
  expect(down).toMatchObject({ code: 0, stderr: '' });
  expect(await leftovers(system.stateDirectory)).toEqual([]);
});
