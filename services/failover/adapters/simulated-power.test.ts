import { describe, expect, it } from 'vitest';
import { describePowerSwitch } from './power-contract.js';
import { SimulatedPower } from './simulated-power.js';

const SYSTEM_UUID = '4c4c4544-004d-3510-8051-b7c04f4e5931';

describePowerSwitch('the simulated BMC', async () => {
  const power = new SimulatedPower({ systemUuid: SYSTEM_UUID });
  let host: 'on' | 'off' = 'on';
  const observed = new SimulatedPower({
    systemUuid: SYSTEM_UUID,
    onChange: (state) => (host = state),
  });
  return {
    power: observed,
    systemUuid: SYSTEM_UUID,
    actual: async () => host,
    switchElsewhere: async (state) => observed.change(state),
    fallSilent: async () => observed.fail('timeout'),
    answerAgain: async () => observed.fail(null),
    withWrongSecret: async () => {
      power.fail('authentication');
      return power;
    },
    close: async () => undefined,
  };
});

describe('a simulated BMC that is stuck', () => {
  it('takes the command and leaves the host on', async () => {
    const power = new SimulatedPower({ systemUuid: null });
    power.setStuck(true);
    await power.set('off');
    expect(await power.read()).toBe('on');
  });
});
