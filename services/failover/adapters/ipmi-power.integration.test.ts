import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describePowerSwitch } from './power-contract.js';
import { startIpmiLab, type IpmiLab } from './testing/ipmi-lab.js';

describePowerSwitch('ipmitool and ipmi_sim', startIpmiLab);

describe('the secret of a BMC', () => {
  let lab: IpmiLab;
  beforeAll(async () => {
    lab = await startIpmiLab();
  });
  afterAll(() => lab.close());

  it('stands in no command line and no environment while ipmitool runs', async () => {
    await lab.fallSilent();
    const running = lab.power.read().then(
      () => null,
      (error: unknown) => error,
    );
    await expect
      .poll(() => seen('cmdline', 'chassis\0power\0status'), { timeout: 5000, interval: 10 })
      .toBe(true);
    expect(await seen('cmdline', lab.secret)).toBe(false);
    expect(await seen('environ', lab.secret)).toBe(false);
    const error = await running;
    expect(error).toMatchObject({ name: 'PowerError' });
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain(lab.secret);
    await lab.answerAgain();
  });

  it('opens one session for each reading', async () => {
    const timesMs: number[] = [];
    for (let reading = 0; reading < 10; reading += 1) {
      const startMs = performance.now();
      expect(await lab.power.read()).toBe('on');
      timesMs.push(performance.now() - startMs);
    }
    timesMs.sort((a, b) => a - b);
    console.info(
      `reading the power state: ${timesMs[5]?.toFixed(0)} ms, at most ${timesMs[9]?.toFixed(0)} ms`,
    );
  });
});

/** Whether any process of this machine shows the text. */
async function seen(file: 'cmdline' | 'environ', text: string): Promise<boolean> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const content = await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
    if (content.includes(text)) return true;
  }
  return false;
}
