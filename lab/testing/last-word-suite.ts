import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

/** Where libvirtd listens for others, with TLS. */
const libvirtPort = 16_514;
const vm = 'sent';
const attempts = 10;

async function shell(system: TestSystem, host: string, script: string): Promise<string> {
  const { stdout } = await system.lab.node(host).exec('bash', ['-c', script]);
  return stdout.trim();
}

const stateOf = (system: TestSystem, host: string): Promise<string> =>
  shell(system, host, `virsh -c qemu:///system domstate --reason ${vm} 2>&1 || true`);

/** From when the guest's memory is being sent on, no word of another libvirtd reaches this host. */
async function deafenOnceSending(system: TestSystem, host: string): Promise<void> {
  const chain = (name: string): string =>
    `nft add chain inet last-word ${name} '{ type filter hook ${name} priority 0; }'`;
  const saved = `/run/libvirt/qemu/${vm}.xml`;
  await shell(system, host, `nft add table inet last-word && ${chain('input')} && ${chain('output')}`);
  const sending = `for i in {1..3000}; do grep -q "phase='perform3'" ${saved} && break; sleep 0.01; done`;
  await shell(system, host, `${sending}; nft add rule inet last-word input tcp sport ${libvirtPort} drop`);
}

/** Where sending takes longer than libvirt waits for a sign of life, the move is given up before: then once more. */
async function moveWithoutLastWord(system: TestSystem): Promise<{ ended: ReturnType<TestSystem['cli']> }> {
  for (let attempt = 1; ; attempt += 1) {
    const deaf = deafenOnceSending(system, 'h1');
    let hasEnded = false;
    const ended = system.cli('vm', 'migrate', vm, 'h2').finally(() => {
      hasEnded = true;
    });
    await deaf;
    let isThere = false;
    await until('the guest to arrive', async () => {
      isThere = (await stateOf(system, 'h2')) === 'paused (user)';
      return isThere || hasEnded;
    });
    if (isThere) return { ended };
    if (attempt === attempts) throw new Error(`it never arrived: ${(await ended).stderr}`);
    await shell(system, 'h1', 'nft delete table inet last-word');
    await until('it to be where it was', async () => (await system.client.vm(vm)).migration === null);
  }
}

export function lastWordSuite(given: () => TestSystem): void {
  describe('the last word of a move is lost', () => {
    let system: TestSystem;
    beforeAll(async () => {
      system = given();
      await system.createVm(vm, 'h1');
      await system.writesOn(vm);
    });
    afterAll(async () => {
      await shell(system, 'h1', 'nft delete table inet last-word || true');
      await system.deleteVm(vm);
    });

    it('the guest arrives and stands, writes nothing there, and runs on where it was', async () => {
      const { bootId } = system.newest(vm);
      const move = await moveWithoutLastWord(system);
      const standing = system.newest(vm).n;
      // One that ran would write every second.
      await sleep(1500);
      expect(await stateOf(system, 'h1')).toBe('paused (migrating)');
      expect((await system.client.vm(vm)).assignment?.host).toBe('h1');
      expect(system.newest(vm).n).toBe(standing);
      // Now its libvirtd notices that the other one is gone, and lets the guest run on.
      const reset = `tcp dport ${libvirtPort} reject with tcp reset`;
      await shell(system, 'h1', `nft add rule inet last-word output ${reset}`);
      const { code, stderr } = await move.ended;
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('not moved') as string });
      await system.writesOn(vm);
      expect(system.newest(vm).bootId).toBe(bootId);
      expect(system.journal(vm).isWhole()).toBe(true);
      await until('what has arrived to be dropped', async () =>
        (await stateOf(system, 'h2')).includes('failed to get domain'));
      await until('its access to be taken', async () => (await system.openTargets()).length === 1);
      expect(await system.openTargets()).toEqual(await system.grantedTargets());
    });
  });
}
