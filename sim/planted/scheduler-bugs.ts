import { accepted, type AttachmentRecord, type VmPolicy, type VmRecord } from '@holdfast/contracts';
import type { VmEffect, VmStep, VmView } from '@holdfast/scheduler/core';
import { isolated, type PlantedBugs } from './bug.js';
import { maintenance, strictRules } from './happenings.js';

/** The scheduler: moves, recovery, placement, what is left behind. */
export const schedulerBugs: PlantedBugs = {
  'source-freed-early': {
    does: 'the source of a move loses its access before the move is observed to be complete',
    breaks: 'rule 4',
    faults: ['migration-answer-lost', 'host-agent', 'slow-hypervisor'],
    plant: {
      vm: (view, step) => {
        const next = step(view);
        const { vm } = view;
        if (vm.migration?.stage !== 'moving' || next.state !== vm) return next;
        const { generation } = vm.migration.to;
        const early = vm.volumes.map(({ volume, node }): VmEffect => {
          const key = `early/${volume}/g${generation}`;
          return { key, kind: 'detach', node, volume, floor: generation, only: null };
        });
        return { ...next, effects: [...next.effects, ...early] };
      },
    },
  },
  'switched-unseen': {
    does: 'a move counts as made as soon as the source was told to make it',
    breaks: 'rule 4',
    faults: ['migration-answer-lost', 'host-agent', 'host-network'],
    plant: {
      vm: (view, step) => {
        const { vm, cluster } = view;
        const to = vm.migration?.to;
        const isTold = to && view.answer(`migrate/${to.host}/g${to.generation}`)?.reply.ok === true;
        if (!isTold || vm.migration?.stage !== 'moving') return step(view);
        const from = vm.assignment?.host;
        const observed: typeof cluster.observed = (host) => {
          const seen = cluster.observed(host);
          const copy = seen?.vms[vm.name];
          if (!seen || !copy) return seen;
          if (host !== to.host && host !== from) return seen;
          const state = host === to.host ? ('arrived' as const) : ('stopped' as const);
          const told = { ...copy, state, migration: movedTo(to.generation) };
          return { ...seen, vms: { ...seen.vms, [vm.name]: told } };
        };
        return step({ ...view, cluster: { ...cluster, observed } });
      },
    },
  },
  'unplugged-unseen': {
    does: 'a disk is taken back and deleted as soon as its host was told to unplug it',
    breaks: 'liveness',
    faults: ['deaf-guests'],
    plant: {
      vm: (view, step) => {
        const { vm, cluster } = view;
        const { to, plug } = vm.diskChange ?? {};
        const isTold = to === 'gone' && plug !== undefined && view.answer(`plug/${plug}`)?.reply.ok === true;
        if (!isTold) return step(view);
        const observed: typeof cluster.observed = (host) => {
          const seen = cluster.observed(host);
          const copy = seen?.vms[vm.name];
          if (!seen || !copy || host !== vm.assignment?.host) return seen;
          const told = { ...copy, plug: { id: plug, result: 'done' as const, reason: '' } };
          return { ...seen, vms: { ...seen.vms, [vm.name]: told } };
        };
        return step({ ...view, cluster: { ...cluster, observed } });
      },
    },
  },
  'renamed-at-once': {
    does: 'the new record of a VM that is renamed counts as soon as it is made',
    breaks: 'one-record',
    faults: ['replica-pause', 'bus-out'],
    plant: {
      vm: (view, step) => {
        const { vm } = view;
        if (vm.rename?.is !== 'new') return step(view);
        const state = { ...vm, phase: 'stopped' as const, rename: undefined, operation: null };
        return { state, effects: [], wakeAtMs: null };
      },
    },
  },
  'old-record-stays': {
    does: 'the old record of a VM that is renamed goes on as a VM once the new one is taken',
    breaks: 'one-record',
    faults: ['replica-pause', 'bus-out'],
    plant: {
      vm: (view, step) => {
        const next = step(view);
        if (view.vm.rename?.is !== 'old' || next.state.phase !== 'deleted') return next;
        return { ...next, state: { ...next.state, phase: 'stopped', rename: undefined } };
      },
    },
  },
  'memory-used-again': {
    does: 'a VM that has gone on from its stored memory keeps that for its next start',
    breaks: 'rule 4',
    faults: ['host-power', 'host-reset'],
    plant: {
      vm: (view, step) => {
        const { savedMemory: saved, ...vm } = view.vm;
        if (saved?.state !== 'spent' || vm.phase !== 'running') return step(view);
        const result = step({ ...view, vm });
        if (result.state === vm) return { ...result, state: view.vm };
        const isLost = result.state.phase === 'recovering';
        return { ...result, state: { ...result.state, savedMemory: isLost ? { ...saved, state: 'kept' } : saved } };
      },
    },
  },
  'let-go-on-arrival': {
    does: 'what has arrived goes on before its source has said that it did not run on there',
    breaks: 'rule 4',
    faults: ['migration-answer-lost', 'host-agent', 'host-network'],
    plant: {
      vm: (view, step) => {
        const { vm, cluster } = view;
        const to = vm.migration?.to;
        const from = vm.assignment?.host;
        const hasArrived = to && cluster.observed(to.host)?.vms[vm.name]?.state === 'arrived';
        if (!hasArrived || vm.migration?.stage !== 'moving') return step(view);
        const observed: typeof cluster.observed = (host) => {
          const seen = cluster.observed(host);
          const copy = seen?.vms[vm.name];
          if (!seen || !copy || host !== from) return seen;
          const told = { ...copy, state: 'stopped' as const, migration: movedTo(to.generation) };
          return { ...seen, vms: { ...seen.vms, [vm.name]: told } };
        };
        return step({ ...view, cluster: { ...cluster, observed } });
      },
    },
  },
  'one-holder-proven': {
    does: 'a VM that was on the move recovers on the proof of its source alone',
    breaks: 'rule 4',
    faults: ['host-network', 'host-pause', 'host-agent-pause', 'bmc-dead'],
    plant: {
      vm: (view, step) => {
        if (view.vm.phase !== 'recovering' || view.vm.migration === null) return step(view);
        const vm = { ...view.vm, migration: null };
        const next = step({ ...view, vm });
        return next.state === vm ? { ...next, state: view.vm } : next;
      },
    },
  },
  'least-proof-ignored': {
    does: 'a VM that accepts no storage proof alone is started elsewhere on it',
    breaks: 'proof-before-start',
    faults: isolated,
    plant: {
      vm: recoversUnder({ proof: 'storage' }),
    },
  },
  'restart-never-ignored': {
    does: 'a VM that nobody is to start again by itself is started after its host was lost',
    breaks: 'policies',
    faults: ['host-power', 'host-network'],
    plant: {
      vm: recoversUnder({ restart: 'always' }),
    },
  },
  'resets-uncounted': {
    does: 'a guest that a reset did not help is reset again and again',
    breaks: 'guests',
    faults: ['guest-trouble'],
    plant: {
      vm: (view, step) => {
        const vm = { ...view.vm, failures: { ...view.vm.failures, resets: 0 } };
        const next = step({ ...view, vm });
        return next.state === vm ? { ...next, state: view.vm } : next;
      },
    },
  },
  'hold-off-forgotten': {
    does: 'a host that fails again and again is given VMs as any other',
    breaks: 'what is kept from a flapping host',
    faults: [],
    scenario: 'flapping-host',
    plant: {
      cluster: (cluster) => ({
        ...cluster,
        hosts: () => cluster.hosts().map((host) => ({ ...host, flapping: null })),
      }),
    },
  },
  'rules-unchecked-for-moves': {
    does: 'the target of a move is chosen without looking at the rules',
    breaks: 'rules',
    faults: ['guest-crash'],
    happens: strictRules,
    plant: {
      vm: (view, step) => {
        const { vm, cluster } = view;
        return step(vm.phase === 'running' ? { ...view, cluster: { ...cluster, rules: () => [] } } : view);
      },
    },
  },
  'memory-uncounted': {
    does: 'a host is given whatever VMs come, however much memory it has',
    breaks: 'memory',
    faults: ['host-power'],
    plant: {
      hasEndlessRoom: true,
      cluster: (cluster) => ({
        ...cluster,
        vms: () => cluster.vms().map((vm) => ({ ...vm, spec: { ...vm.spec, memoryMiB: 0 } })),
        snapshot: undefined,
      }),
    },
  },
  'volumes-leaked': {
    does: 'the volumes of a deleted VM are left',
    breaks: 'liveness',
    faults: ['guest-crash'],
    plant: { vm: (view, step) => step(view.vm.phase === 'deleting' ? withoutVolumes(view) : view) },
  },
  'attachments-leaked': {
    does: 'a stopped VM keeps its access to its volumes',
    breaks: 'liveness',
    faults: ['guest-crash'],
    plant: {
      vm: (view, step) => {
        const { vm, cluster } = view;
        if (vm.phase !== 'detaching') return step(view);
        const attachment = (volume: string): AttachmentRecord | null => {
          const record = cluster.attachment(volume);
          return record && { ...record, holders: [], newest: vm.generation };
        };
        return step({ ...view, cluster: { ...cluster, attachment } });
      },
    },
  },
  'effect-doubled': {
    does: 'a volume that was asked for and not answered is asked for again by another name',
    breaks: 'liveness',
    faults: ['message-loss', 'storage-pause', 'storage-service'],
    plant: { vm: (view, step) => (isCreationLost(view) ? renamed(view) : step(view)) },
  },
  'drain-end-forgotten': {
    does: 'a host that is to work again is left in maintenance',
    breaks: 'liveness',
    faults: isolated,
    happens: maintenance,
    plant: {
      drain: (view, step) => {
        const next = step(view);
        if (view.drain.state !== 'ending' || next.state !== view.drain) return next;
        return { state: { ...view.drain, state: 'ended' }, effects: [], wakeAtMs: null };
      },
    },
  },
};

/** While it recovers, the core sees another policy than the VM's own; what it stores keeps that one. */
function recoversUnder(policy: Partial<VmPolicy>) {
  return (view: VmView, step: (view: VmView) => VmStep): VmStep => {
    if (view.vm.phase !== 'recovering') return step(view);
    const { spec } = view.vm;
    const vm: VmRecord = { ...view.vm, spec: { ...spec, policy: { ...spec.policy, ...policy } } };
    const next = step({ ...view, vm });
    return { ...next, state: next.state === vm ? view.vm : { ...next.state, spec } };
  };
}

const movedTo = (generation: number) => ({ generation, result: 'moved' as const, downtimeMs: null, reason: '' });

function withoutVolumes(view: VmView): VmView {
  const answer: VmView['answer'] = () => ({ atMs: 0, reply: accepted({}) });
  return { ...view, answer, cluster: { ...view.cluster, volume: () => null } };
}

function isCreationLost({ vm, answer }: VmView): boolean {
  if (vm.phase !== 'provisioning') return false;
  return vm.volumes.some(({ volume }) => answer(`create-volume/${volume}`)?.reply.ok === false);
}

function renamed({ vm, answer }: VmView): VmStep {
  const volumes = vm.volumes.map((disk) =>
    answer(`create-volume/${disk.volume}`)?.reply.ok === false ? { ...disk, volume: `${disk.volume}-again` } : disk,
  );
  return { state: { ...vm, volumes }, effects: [], wakeAtMs: null };
}
