/** A real IPMI endpoint, `ipmi_sim`, in a network namespace of its own. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FenceAgent } from '../fence-agent.js';
import { IpmiPower } from '../ipmi-power.js';
import type { PowerLab } from '../power-contract.js';

const PORT = 9623;
const SYSTEM_UUID = '4c4c4544-004d-3510-8051-b7c04f4e5931';
const AUTHENTICATION = 'none md2 md5 straight';

export interface IpmiLab extends PowerLab {
  power: IpmiPower;
  /** The same BMC, through an agent of Debian's. */
  agent: FenceAgent;
  /** Both ways once more, with an ipmitool that stands still for a second before it reads its command line. */
  slow: { power: IpmiPower; agent: FenceAgent };
  secret: string;
}

/** `fence_ipmilan` as any other agent, on a real part. */
export async function startAgentLab(): Promise<PowerLab> {
  const lab = await startIpmiLab();
  return { ...lab, power: lab.agent, withWrongSecret: () => Promise.reject(new Error('it does not tell')) };
}

export async function startIpmiLab(): Promise<IpmiLab> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-ipmi-'));
  const secret = 'Wq7-unusual-secret';
  await writeConfiguration(folder, secret);
  const script = [
    'ip link set lo up',
    'mount -t proc proc /proc',
    `ipmi_sim -n -c ${folder}/lan.conf -f ${folder}/bmc.emu -s ${folder}/state & sim=$!`,
    'while read -r signal; do kill -$signal $sim; done',
  ].join('\n');
  const args = ['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', script];
  const child = spawn('unshare', args, { stdio: ['pipe', 'ignore', 'ignore'] });
  const pid = await firstChild(child.pid ?? 0);
  const enter = ['nsenter', `--net=/proc/${pid}/ns/net`] as const;
  const slowTool = join(folder, 'slow-ipmitool');
  await writeFile(slowTool, '#!/bin/sh\nsleep 1\nexec ipmitool "$@"\n', { mode: 0o700 });
  const powerWith = (passwordPath: string, tool = 'ipmitool'): IpmiPower =>
    new IpmiPower({
      address: '127.0.0.1',
      port: PORT,
      user: 'holdfast',
      passwordPath,
      retries: 1,
      command: [...enter, tool],
    });
  const agentWith = (more: Record<string, string>): FenceAgent =>
    new FenceAgent({
      name: 'bmc',
      agent: 'fence_ipmilan',
      parameters: { ip: '127.0.0.1', ipport: String(PORT), username: 'holdfast', lanplus: '1', cipher: '3', ...more },
      secretPaths: { password: join(folder, 'password') },
      timeoutMs: 10_000,
      command: enter,
    });
  const power = powerWith(join(folder, 'password'));
  await answering(power);
  const state = join(folder, 'power');
  return {
    power,
    agent: agentWith({}),
    slow: {
      power: powerWith(join(folder, 'password'), slowTool),
      agent: agentWith({ ipmitool_path: slowTool }),
    },
    secret,
    systemUuid: SYSTEM_UUID,
    actual: async () => ((await readFile(state, 'utf8')).trim() === '1' ? 'on' : 'off'),
    switchElsewhere: (next) => writeFile(state, next === 'on' ? '1' : '0'),
    fallSilent: async () => void child.stdin?.write('STOP\n'),
    answerAgain: async () => {
      child.stdin?.write('CONT\n');
      await answering(power);
    },
    withWrongSecret: async () => {
      await writeFile(join(folder, 'wrong'), 'another-secret', { mode: 0o600 });
      return powerWith(join(folder, 'wrong'));
    },
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function writeConfiguration(folder: string, secret: string): Promise<void> {
  const levels = ['callback', 'user', 'operator', 'admin'];
  await mkdir(join(folder, 'state'));
  await writeFile(join(folder, 'password'), secret, { mode: 0o600 });
  await writeFile(join(folder, 'power'), '1');
  await writeFile(
    join(folder, 'lan.conf'),
    [
      'name "bmc"',
      'set_working_mc 0x20',
      'startlan 1',
      `addr 127.0.0.1 ${PORT}`,
      'priv_limit admin',
      ...levels.map((level) => `allowed_auths_${level} ${AUTHENTICATION}`),
      `guid ${SYSTEM_UUID.replaceAll('-', '')}`,
      'endlan',
      `chassis_control "${folder}/chassis"`,
      `user 1 true "" "" user 10 ${AUTHENTICATION}`,
      `user 2 true "holdfast" "${secret}" admin 10 ${AUTHENTICATION}`,
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  await writeFile(
    join(folder, 'bmc.emu'),
    [
      'mc_setbmc 0x20',
      'mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02',
      'mc_enable 0x20',
      '',
    ].join('\n'),
  );
  await writeFile(
    join(folder, 'chassis'),
    [
      '#!/bin/sh',
      'case "$1" in',
      `get) echo "power:$(cat ${folder}/power)" ;;`,
      `set) echo "$3" > ${folder}/power ;;`,
      'esac',
      '',
    ].join('\n'),
    { mode: 0o700 },
  );
}

async function firstChild(pid: number): Promise<string> {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    if (children.trim() !== '') return children.trim();
    await sleep(20);
  }
  throw new Error('unshare did not start');
}

async function answering(power: IpmiPower): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const failure = await power.read().then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null) return;
    if (attempt === 20) throw failure;
    await sleep(100);
  }
}
