import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describePowerSwitch } from './power-contract.js';
import { startIpmiLab, type IpmiLab } from './testing/ipmi-lab.js';
import { processesShowing } from './testing/process-table.js';

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
      .poll(() => processesShowing('cmdline', 'chassis\0power\0status'), { timeout: 5000, interval: 10 })
      .not.toEqual([]);
    expect(await processesShowing('cmdline', lab.secret)).toEqual([]);
    expect(await processesShowing('environ', lab.secret)).toEqual([]);
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
