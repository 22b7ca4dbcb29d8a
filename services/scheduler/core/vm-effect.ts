import type { VmRecord } from '@holdfast/contracts';
import { givenVolumes } from './vm-volumes.js';

/** What the lifecycle asks of storage nodes and agents. All idempotent; the key names cause and generation. */
export type VmEffect = { key: string; resendMs?: number } & (
  | { kind: 'create-volume'; node: string; volume: string }
  | { kind: 'delete-volume'; node: string; volume: string }
  | { kind: 'name-volume'; node: string; volume: string; generation: number }
  | { kind: 'make-record' }
  | {
      kind: 'attach';
      node: string;
      volume: string;
      host: string;
      hostEpoch: number;
      generation: number;
      mode: 'single' | 'migrating';
    }
  | { kind: 'detach'; node: string; volume: string; floor: number; only: number | null }
  | { kind: 'start'; host: string; hostEpoch: number; generation: number }
  | { kind: 'stop'; host: string; hostEpoch: number; generation: number; graceSeconds: number }
  | {
      kind: 'reboot';
      host: string;
      hostEpoch: number;
      generation: number;
      operation: string;
      force: boolean;
    }
  | { kind: 'receive'; host: string; hostEpoch: number; generation: number }
  | { kind: 'migrate'; host: string; hostEpoch: number; generation: number }
  | { kind: 'pause'; host: string; hostEpoch: number; generation: number }
  | { kind: 'resume'; host: string; hostEpoch: number; generation: number }
  | { kind: 'resize'; host: string; hostEpoch: number; generation: number; operation: string }
  | { kind: 'plug'; host: string; hostEpoch: number; generation: number; plug: string }
  | { kind: 'watch'; host: string; hostEpoch: number; generation: number }
);

type Copy = { host: string; hostEpoch: number; generation: number };

export const effects = {
  createVolumes: (vm: VmRecord): VmEffect[] =>
    vm.volumes.map(({ volume, node }) => ({
      key: `create-volume/${volume}`,
      kind: 'create-volume',
      node,
      volume,
      resendMs: 2000,
    })),
  deleteVolumes: (vm: VmRecord): VmEffect[] =>
    vm.volumes.map(({ volume, node }) => ({
      key: `delete-volume/${volume}`,
      kind: 'delete-volume',
      node,
      volume,
    })),
  nameVolumes: (volumes: VmRecord['volumes'], generation: number): VmEffect[] =>
    volumes.map(({ volume, node }) => ({
      key: nameKey(volume, generation),
      kind: 'name-volume',
      node,
      volume,
      generation,
    })),
  makeRecord: (operation: string): VmEffect => ({ key: `make-record/${operation}`, kind: 'make-record' }),
  attach: (vm: VmRecord, to: Copy, mode: 'single' | 'migrating'): VmEffect[] =>
    givenVolumes(vm).map(({ volume, node }) => ({
      key: attachKey(volume, to.generation),
      kind: 'attach',
      node,
      volume,
      host: to.host,
      hostEpoch: to.hostEpoch,
      generation: to.generation,
      mode,
      resendMs: 500,
    })),
  detach: (vm: VmRecord, floor: number, only: number | null): VmEffect[] =>
    vm.volumes.map(({ volume, node }) => ({
      key: detachKey(volume, floor, only),
      kind: 'detach',
      node,
      volume,
      floor,
      only,
      resendMs: 500,
    })),
  start: (copy: Copy): VmEffect => ({ key: startKey(copy), kind: 'start', ...pick(copy) }),
  /** Stops every copy on that host with a generation below `generation`. */
  stop: (host: string, hostEpoch: number, generation: number, graceSeconds: number): VmEffect => ({
    key: `stop/${host}/below-g${generation}/${graceSeconds === 0 ? 'force' : 'ask'}`,
    kind: 'stop',
    host,
    hostEpoch,
    generation,
    graceSeconds,
  }),
  reboot: (copy: Copy, operation: string, force: boolean): VmEffect => ({
    key: `reboot/${operation}`,
    kind: 'reboot',
    ...pick(copy),
    operation,
    force,
  }),
  receive: (to: Copy): VmEffect => ({ key: receiveKey(to), kind: 'receive', ...pick(to) }),
  migrate: (from: Copy, to: Copy): VmEffect => ({
    key: migrateKey(to),
    kind: 'migrate',
    ...pick(from),
  }),
  pause: (copy: Copy): VmEffect => ({
    key: `pause/${copy.host}/g${copy.generation}`,
    kind: 'pause',
    ...pick(copy),
    resendMs: 1000,
  }),
  resume: (copy: Copy): VmEffect => ({
    key: `resume/${copy.host}/g${copy.generation}`,
    kind: 'resume',
    ...pick(copy),
    resendMs: 500,
  }),
  resize: (copy: Copy, operation: string): VmEffect => ({
    key: `resize/${operation}`,
    kind: 'resize',
    ...pick(copy),
    operation,
    resendMs: 1000,
  }),
  plug: (copy: Copy, plug: string): VmEffect => ({
    key: `plug/${plug}`,
    kind: 'plug',
    ...pick(copy),
    plug,
    resendMs: 1000,
  }),
  /** `key` tells one set of probes from another; null for none. */
  watch: (copy: Copy, key: string | null): VmEffect => ({
    key: `watch/${copy.host}/g${copy.generation}/${key ?? 'none'}`,
    kind: 'watch',
    ...pick(copy),
  }),
};

export const attachKey = (volume: string, generation: number): string =>
  `attach/${volume}/g${generation}`;
export const detachKey = (volume: string, floor: number, only: number | null): string =>
  `detach/${volume}/${only === null ? `below-g${floor}` : `only-g${only}`}`;
export const nameKey = (volume: string, generation: number): string => `name-volume/${volume}/g${generation}`;
export const startKey = (copy: Copy): string => `start/${copy.host}/g${copy.generation}`;
export const receiveKey = (to: Copy): string => `receive/${to.host}/g${to.generation}`;
export const migrateKey = (to: Copy): string => `migrate/${to.host}/g${to.generation}`;

function pick({ host, hostEpoch, generation }: Copy): Copy {
  return { host, hostEpoch, generation };
}
