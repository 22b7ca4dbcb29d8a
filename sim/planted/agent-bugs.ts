import { isolated, type PlantedBugs } from './bug.js';
import { restarts } from './happenings.js';

interface Told {
  vm: string;
  stamp: { generation: number; hostEpoch: number };
}

/** The host's agent: its memory, its commands, its word. */
export const agentBugs: PlantedBugs = {
  'generation-ignored': {
    does: 'an agent admits a generation that was ruled out',
    breaks: 'rule 7',
    faults: ['message-duplication'],
    plant: { forgetsGenerations: true },
  },
  'waited-command-begins': {
    does: 'an agent begins what it was told without asking whether its host still counts',
    breaks: 'rule 7',
    faults: ['host-pause', 'bmc-lying'],
    happens: restarts,
    plant: { asksNobody: true },
  },
  'unknown-boot-begins': {
    does: 'an agent begins copies in a boot that is about to be taken for proof that none runs',
    breaks: 'proof rebooted',
    faults: ['host-reset', 'failover-out'],
    plant: { beginsInUnknownBoot: true },
  },
  'stale-copies-kept': {
    does: 'an agent keeps the copies of an older epoch',
    breaks: 'rule 9',
    faults: isolated,
    plant: { keepsStaleCopies: true },
  },
  'self-fence-forgotten': {
    does: 'an agent that is cut off from the bus and from every storage node lets its VMs run on',
    breaks: 'self-fence',
    faults: ['switch-out', 'host-network', 'host-link', 'bmc-dead'],
    plant: { forgetsSelfFence: true },
  },
  'revocation-unheard': {
    does: 'an agent that hears only from storage that its host was revoked lets its copies run on',
    breaks: 'self-fence',
    faults: ['host-link', 'bmc-dead'],
    plant: { ignoresRevocation: true },
  },
  'resumes-stale-copy': {
    does: 'an agent lets a copy go on that a disk error has paused, and that storage has shut out',
    breaks: 'rule 1',
    faults: ['lun-lost', ...isolated],
    plant: { resumesStaleCopies: true },
  },
  'moved-unpaused': {
    does: 'an agent sends a guest that goes on by itself once it has arrived',
    breaks: 'rule 4',
    faults: ['migration-answer-lost', 'host-network'],
    plant: { movesUnpaused: true },
  },
  'looks-at-moving-guests': {
    does: 'an agent looks at a guest while it is on the move, and takes its silence for illness',
    breaks: 'guests',
    faults: ['slow-hypervisor', 'migration-answer-lost'],
    happens: (world) => (world.probesGuests = true),
    plant: {
      seesGuest: (vm) => (vm.copy?.state === 'migrating' ? { ...vm, copy: { ...vm.copy, state: 'running' } } : vm),
    },
  },
  'agent-forgets': {
    does: 'an agent that restarts has forgotten which generations were ruled out',
    breaks: 'rule 7',
    faults: ['host-agent', 'host-agent-crash', 'message-duplication'],
    plant: { recalled: (state) => ({ ...state, vms: {} }) },
  },
  'stop-by-name': {
    does: 'an agent that is told to stop a copy stops whatever has its name',
    breaks: 'rule 8',
    faults: ['message-duplication'],
    happens: restarts,
    plant: {
      command: (name, request, { vms }) => {
        const told = request as Told;
        const generation = (vms[told.vm]?.copy?.generation ?? 0) + 1;
        if (name !== 'vm-stop' || generation <= told.stamp.generation) return told;
        return { ...told, stamp: { ...told.stamp, generation } };
      },
    },
  },
  'epoch-accepted-early': {
    does: 'an agent says that it has accepted an epoch before the copies of the one before are gone',
    breaks: 'rule 9',
    faults: ['hypervisor-hangs', ...isolated],
    plant: {
      report: (report, record) => ({
        ...report,
        epoch: Math.max(report.epoch, record?.epoch ?? 0),
        staleCopies: [],
      }),
    },
  },
  'attested-early': {
    does: 'an agent says that a copy has stopped as soon as it was told to stop it',
    breaks: 'proof attested-stopped',
    faults: ['deaf-guests', 'slow-hypervisor'],
    happens: restarts,
    plant: {
      report: (report) => ({
        ...report,
        vms: Object.fromEntries(
          Object.entries(report.vms).map(([vm, copy]) => [
            vm,
            copy.state === 'stopping' ? { ...copy, state: 'stopped' as const } : copy,
          ]),
        ),
      }),
    },
  },
};
