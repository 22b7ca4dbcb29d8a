import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FenceAgent } from './fence-agent.js';
import { describePowerSwitch } from './power-contract.js';
import { startAgentLab, startIpmiLab, type IpmiLab } from './testing/ipmi-lab.js';
import { processesShowing, showingWhile } from './testing/process-table.js';

describePowerSwitch('fence_ipmilan and ipmi_sim', startAgentLab, {
  identity: 'agents do not tell whose machine it is; the configuration does',
  secrets: 'agents tell a wrong secret and a device that is gone apart by nothing',
});

describe('the secret of a fence device', { timeout: 60_000 }, () => {
  let lab: IpmiLab;
  let folder: string;
  beforeAll(async () => {
    lab = await startIpmiLab();
    folder = await mkdtemp(join(tmpdir(), 'holdfast-agent-'));
  });
  afterAll(async () => {
    await lab.close();
    await rm(folder, { recursive: true });
  });

  it('is shown by nobody while our ipmitool runs', async () => {
    const work = lab.slow.power.read();
    expect([...(await showingWhile(lab.secret, work))]).toEqual([]);
    expect(await work).toBe('on');
  });

  /** So the looking finds what there is to find, and this is why IPMI does not go through that agent. */
  it('is shown by the ipmitool that fence_ipmilan runs', async () => {
    const work = lab.slow.agent.read();
    expect([...(await showingWhile(lab.secret, work))]).toContain('slow-ipmitool (cmdline)');
    expect(await work).toBe('on');
  });

  it('is shown by nobody while an agent that keeps it to itself logs in', async () => {
    const secret = 'Zx4-quite-unusual';
    await writeFile(join(folder, 'password'), secret, { mode: 0o600 });
    // A device that takes the connection and says nothing: the agent has read its secret and waits.
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new FenceAgent({
      name: 'redfish',
      agent: 'fence_redfish',
      parameters: {
        ip: '127.0.0.1',
        ipport: String((server.address() as AddressInfo).port),
        username: 'holdfast',
        ssl_insecure: '1',
        systems_uri: '/redfish/v1/Systems/1',
      },
      secretPaths: { password: join(folder, 'password') },
      timeoutMs: 20_000,
    });
    const connected = once(server, 'connection');
    const work = agent.set('off');
    const shown = showingWhile(secret, work);
    await connected;
    expect(await processesShowing('cmdline', 'fence_redfish')).not.toEqual([]);
    for (const file of ['cmdline', 'environ'] as const) expect(await processesShowing(file, secret)).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await expect(work).rejects.toMatchObject({ name: 'PowerError' });
    expect([...(await shown)]).toEqual([]);
    server.close();
  });
});
