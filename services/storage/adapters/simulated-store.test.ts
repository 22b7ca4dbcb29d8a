import { describe, expect, it } from 'vitest';
import { describeTargetStore, type Guest, type StoreLab } from './store-contract.js';
import { SimulatedSan, type SimulatedSession } from './simulated-store.js';

/** Long enough for everything in this process; a write that hangs longer is stuck. */
const STUCK_MS = 50;

function guestOf(session: SimulatedSession): Guest {
  let acknowledged = 0;
  let closed = false;
  const write = async (block: number, mark: number): Promise<boolean> => {
    const stuck = new Promise<false>((resolve) => setTimeout(() => resolve(false), STUCK_MS));
    return Promise.race([session.write(block, String(mark)), stuck]);
  };
  return {
    write,
    startWriting: () => {
      const writeNext = async (): Promise<void> => {
        if (closed || !(await session.write(acknowledged % 1024, `${acknowledged}`))) return;
        acknowledged += 1;
        setTimeout(() => void writeNext(), 0);
      };
      void writeNext();
    },
    acknowledgedWrites: () => acknowledged,
    close: async () => {
      closed = true;
      session.close();
    },
  };
}

async function simulatedLab(): Promise<StoreLab> {
  const san = new SimulatedSan();
  return {
    store: san,
    addresses: ['10.0.0.11', '10.0.0.12'],
    login: async (spec, from) => {
      const session = san.login({ ...spec, initiatorAddress: from });
      return session && guestOf(session);
    },
    loginHalfway: async (spec) => {
      const half = san.beginLogin(spec);
      let session: SimulatedSession | null = null;
      return {
        finish: async () => {
          session = half?.finish() ?? null;
          return session !== null;
        },
        write: async (block, mark) => (await session?.write(block, String(mark))) ?? false,
        close: async () => session?.close(),
      };
    },
    addImage: async (name, sizeMiB) => san.addImage(name, sizeMiB, new Map([[0, 'booted']])),
    content: async (volume) => JSON.stringify([...san.records(volume)]),
    freezeIo: async () => san.freezeIo(),
    thawIo: async () => san.thawIo(),
    crash: async () => san.crash(),
    close: async () => undefined,
  };
}

describeTargetStore('the simulated SAN', simulatedLab);

describe('the simulated SAN for a hypervisor', () => {
  it('says who may write now', async () => {
    const san = new SimulatedSan();
    await san.createVolume('db1', 4096, null);
    const spec = {
      volume: 'db1',
      generation: 1,
      iqn: 'iqn.2026-01.io.holdfast:db1.g1',
      initiatorAddress: '10.0.0.11',
      chapUser: 'db1.g1',
      chapPassword: 'secret-of-db1-1',
    };
    await san.openTarget(spec);
    expect(san.mayWrite(spec.iqn, spec.initiatorAddress)).toBe(false);
    const session = san.login(spec);
    expect(san.mayWrite(spec.iqn, spec.initiatorAddress)).toBe(true);
    await san.deleteTarget('db1', 1);
    expect(san.mayWrite(spec.iqn, spec.initiatorAddress)).toBe(false);
    expect(session?.mayWrite()).toBe(false);
  });

  it('fails every call while it is down', async () => {
    const san = new SimulatedSan();
    san.setAvailable(false);
    await expect(san.deleteTarget('db1', 1)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(san.listTargets()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
