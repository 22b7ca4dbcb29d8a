import { describePowerSwitch } from '../../services/failover/adapters/power-contract.js';
import { Loop } from '../engine/loop.js';
import { Bmc } from '../world/bmc.js';
import { titled } from './left-out.js';
import { WorldPower } from './power.js';
import { VirtualTime } from './virtual-time.js';

const systemUuid = '4c4c4544-004d-3510-8051-b7c04f4e5931';
const outside = { secrets: 'whoever reaches a simulated BMC may switch it; no core ever sees its secret' };

describePowerSwitch(
  titled('a BMC of the simulated world', outside),
  async () => {
    const loop = new Loop(1);
    const time = new VirtualTime(loop);
    let state: 'on' | 'off' = 'on';
    const bmc = new Bmc(loop, 'host1', {
      isPowered: () => state === 'on',
      cutPower: () => (state = 'off'),
      givePower: () => (state = 'on'),
      uuid: () => systemUuid,
    });
    return {
      power: new WorldPower(bmc, time),
      systemUuid,
      actual: async () => state,
      switchElsewhere: async (to) => {
        state = to;
      },
      fallSilent: async () => {
        bmc.state = 'dead';
      },
      answerAgain: async () => {
        bmc.state = 'well';
      },
      withWrongSecret: () => Promise.reject(new Error('it knows no secrets')),
      close: () => time.stop(),
    };
  },
  outside,
);
