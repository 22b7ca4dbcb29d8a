/** What makes hosts look dead that are not. Each is begun, and ends in every case when its signal says so. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT_PROGRAM, LabError, type Lab } from '@holdfast/lab';

export const stresses = ['cpu', 'loss', 'pauses'] as const;
export type Stress = (typeof stresses)[number];

const lossPercent = 10;
const lossTable = 'holdfast_bench_loss';
const pauseMs = 1000;
/** From the end of one pause to the begin of the next. */
const mostBetweenPausesMs = 2000;
/** Agents that could not be paused, one after another: then there is no stress any more. */
const mostMisses = 60;

/**
 * Goes on until the signal is aborted, and then undoes all it did.
 * @throws LabError when it could not be done, or not be undone.
 */
export async function stressLab(lab: Lab, stress: Stress, signal: AbortSignal): Promise<void> {
  switch (stress) {
    case 'cpu':
      return await saturate(signal);
    case 'loss':
      return await lose(lab, signal);
    case 'pauses':
      return await pauseAgents(lab, signal);
  }
}

/** One busy process for each core. They end with us, however we do. */
async function saturate(signal: AbortSignal): Promise<void> {
  const busy = cpus().map(() =>
    spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }));
  try {
    await aborted(signal);
  } finally {
    await Promise.all(busy.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }));
  }
}

/** Each packet on management that a host receives or sends is lost with this chance. */
async function lose(lab: Lab, signal: AbortSignal): Promise<void> {
  const hosts = lab.nodes.filter(({ kind }) => kind === 'host');
  const nft = async (host: string, rules: string): Promise<void> => {
    const { code, stderr } = await lab.node(host).exec('nft', ['-f', '-'], { input: rules, timeoutMs: 20_000 });
    if (code !== 0) throw new LabError('failed', `${host}: packets cannot be lost: ${stderr.trim()}`);
  };
  try {
    for (const { name, addresses } of hosts) await nft(name, lossRules(addresses.management ?? ''));
    await aborted(signal);
  } finally {
    // A host that has booted meanwhile has no such table.
    const none = `table inet ${lossTable} {}\ndelete table inet ${lossTable}\n`;
    for (const { name } of hosts) await nft(name, none);
  }
}

export function lossRules(managementAddress: string): string {
  const lost = `numgen random mod 100 < ${lossPercent} counter drop`;
  return [
    `table inet ${lossTable} {`,
    `  chain receive { type filter hook input priority -300; ip daddr ${managementAddress} ${lost}; }`,
    `  chain send { type filter hook output priority -300; ip saddr ${managementAddress} ${lost}; }`,
    '}',
    '',
  ].join('\n');
}

/** One agent after another stands still. One whose host is fenced for it is gone for a while: told, and not our end. */
async function pauseAgents(lab: Lab, signal: AbortSignal): Promise<void> {
  const hosts = lab.nodes.filter(({ kind }) => kind === 'host').map(({ name }) => name);
  let misses = 0;
  while (!signal.aborted) {
    const host = hosts[Math.floor(Math.random() * hosts.length)] ?? '';
    try {
      await pauseAgent(lab, host, signal);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (!(error instanceof LabError) || misses > mostMisses) throw error;
    }
    await pause(Math.random() * mostBetweenPausesMs, signal);
  }
}

async function pauseAgent(lab: Lab, host: string, signal: AbortSignal): Promise<void> {
  await lab.program(host, AGENT_PROGRAM, 'freeze');
  try {
    await pause(pauseMs, signal);
  } finally {
    await lab.program(host, AGENT_PROGRAM, 'thaw');
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
