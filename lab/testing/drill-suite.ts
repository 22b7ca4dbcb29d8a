import type { DrillView } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliResult } from './cli.js';
import { EventWatch } from './event-watch.js';
import type { TestSystem } from './test-system.js';

const vm = 'bystander';

/** What failover needs is tried on a VM made for that, and nobody else notices. */
export function drillSuite(given: () => TestSystem): void {
  describe('a host is drilled', () => {
    let system: TestSystem;
    let epochs: Record<string, number>;
    let bootId: string;

    const drill = async (host: string): Promise<{ result: CliResult; checks: DrillView['checks'] }> => {
      const result = await system.cli('drill', '--host', host, '--json');
      const { drills } = JSON.parse(result.stdout) as { drills: DrillView[] };
      return { result, checks: (drills[0] as DrillView).checks };
    };
    const nothingIsLeft = async (host: string): Promise<void> => {
      expect((await system.client.vms()).items.map(({ name }) => name)).not.toContain(`drill-${host}`);
      for (const node of ['h1', 'h2', 'h3']) {
        const { code } = await system.lab.node(node).exec('pgrep', ['-f', `guest=drill-${host},`]);
        expect(code, `no QEMU of the canary on ${node}`).toBe(1);
      }
      expect(await system.epochs()).toEqual(epochs);
      await system.writesOn(vm);
      expect(system.newest(vm).bootId).toBe(bootId);
    };

    beforeAll(async () => {
      system = given();
      await system.createVm(vm, 'h1');
      await system.writesOn(vm);
      epochs = await system.epochs();
      ({ bootId } = system.newest(vm));
    });
    afterAll(async () => {
      await system.done('lab', 'link', 'h2', 'bmc', 'up');
      await system.deleteVm(vm);
    });

    it('and passes: its canary was shut out while its QEMU ran, and started on another host', async () => {
      const watch = await EventWatch.open(system.client);
      const { result, checks } = await drill('h1');
      await watch.close();
      expect(checks).toMatchObject({
        power: { result: 'passed' },
        revocation: { result: 'passed' },
        failover: { result: 'passed', detail: expect.stringMatching(/runs on h[23], its old copy is gone/) as string },
      });
      expect(['passed', 'absent']).toContain(checks.watchdog.result);
      expect(result.code).toBe(0);
      const told = watch.events.filter(({ subject }) => subject === 'drill-h1').map(({ type }) => type.split('.')[3]);
      const way = ['placed', 'started', 'recovering', 'shut-out', 'placed', 'started', 'deleted'];
      expect(told.filter((verb) => way.includes(verb ?? ''))).toEqual(way);
      await nothingIsLeft('h1');
      expect(await system.done('drill', '--list')).toMatch(/^h1 +\d+ s ago +for 30 d +passed/m);
    });

    it('and its dead BMC is found, with the remedy, and nothing else is wanting', async () => {
      await system.done('lab', 'link', 'h2', 'bmc', 'down');
      const { result, checks } = await drill('h2');
      expect(checks.power.result).toBe('failed');
      expect(checks.power.detail).toContain('see that it has power and network');
      expect(checks).toMatchObject({ revocation: { result: 'passed' }, failover: { result: 'passed' } });
      expect(result.code).toBe(1);
      expect(result.stderr).toContain('1 of 4 checks failed');
      expect(await system.done('status')).toMatch(/drills +h2: last drill \d+ s ago, power failed/);
      await nothingIsLeft('h2');
    });
  });
}
