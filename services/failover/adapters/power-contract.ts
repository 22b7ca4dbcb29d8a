/**
 * What every `PowerSwitch` must do, run against the simulated BMC and against a real IPMI endpoint.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PowerSwitch } from '../ports.js';

export interface PowerLab {
  power: PowerSwitch;
  systemUuid: string;
  /** What the host itself shows. */
  actual(): Promise<'on' | 'off'>;
  /** Someone else switches the host. */
  switchElsewhere(state: 'on' | 'off'): Promise<void>;
  /** The BMC neither answers nor says that it does not; undone by `answerAgain`. */
  fallSilent(): Promise<void>;
  answerAgain(): Promise<void>;
  /** The same BMC, with another secret. */
  withWrongSecret(): Promise<PowerSwitch>;
  close(): Promise<void>;
}

/** `outside`: what a switch leaves out, and why; its tests are shown as left out. */
export function describePowerSwitch(
  name: string,
  makeLab: () => Promise<PowerLab>,
  outside: { secrets?: string; identity?: string } = {},
): void {
  describe(name, { timeout: 60_000 }, () => {
    let lab: PowerLab;
    beforeAll(async () => {
      lab = await makeLab();
    });
    beforeEach(() => lab.switchElsewhere('on'));
    afterAll(() => lab.close());

    it('reads on and off', async () => {
      expect(await lab.power.read()).toBe('on');
      await lab.switchElsewhere('off');
      expect(await lab.power.read()).toBe('off');
    });

    it('switches off, and on again', async () => {
      await lab.power.set('off');
      await expect.poll(() => lab.power.read(), { timeout: 20_000 }).toBe('off');
      expect(await lab.actual()).toBe('off');
      await lab.power.set('on');
      await expect.poll(() => lab.power.read(), { timeout: 20_000 }).toBe('on');
      expect(await lab.actual()).toBe('on');
    });

    it('switches off what is off', async () => {
      await lab.power.set('off');
      await lab.power.set('off');
      await expect.poll(() => lab.power.read(), { timeout: 20_000 }).toBe('off');
    });

    it.runIf(outside.identity === undefined)('reports the UUID of the system, lower case with dashes', async () => {
      expect(await lab.power.systemUuid()).toBe(lab.systemUuid);
      expect(lab.systemUuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    });

    it.runIf(outside.secrets === undefined)('says that a wrong secret was refused, and switches nothing', async () => {
      const stranger = await lab.withWrongSecret();
      await expect(stranger.set('off')).rejects.toMatchObject({ code: 'authentication' });
      await expect(stranger.read()).rejects.toMatchObject({ code: 'authentication' });
      expect(await lab.actual()).toBe('on');
    });

    it('takes the silence of a BMC for no answer, and goes on when it is over', async () => {
      await lab.fallSilent();
      const silence = { code: expect.stringMatching(/^(unreachable|timeout)$/) as string };
      await expect(lab.power.read()).rejects.toMatchObject(silence);
      await expect(lab.power.set('off')).rejects.toMatchObject(silence);
      if (outside.identity === undefined) await expect(lab.power.systemUuid()).rejects.toMatchObject(silence);
      await lab.answerAgain();
      await expect
        .poll(() => lab.power.read().catch(() => null), { timeout: 20_000 })
        .not.toBeNull();
    });
  });
}
