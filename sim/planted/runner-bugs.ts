import type { PlantedBugs } from './bug.js';

/** What runs the cores: decisions, effects, events. */
export const runnerBugs: PlantedBugs = {
  'revision-ignored': {
    does: 'a write succeeds whatever the revision it was decided on',
    breaks: 'rule 12',
    faults: ['host-pause', 'replica-pause', 'watch-lag'],
    plant: {
      world: ({ bus }) => {
        for (const name of ['vms', 'hosts', 'observed', 'volumes', 'attachments', 'pools']) {
          bus.bucket(name).ignoresRevision = true;
        }
      },
    },
  },
  'rank-taken-as-safety': {
    does: 'the first replica stores what it decides without comparing',
    breaks: 'rule 12',
    faults: ['replica-pause', 'host-pause', 'watch-lag', 'bus-split'],
    plant: { runner: { isBlindAt: 0 } },
  },
  'stale-read-believed': {
    does: 'what is read after a lost race is taken for truth, however old',
    breaks: 'rule 12',
    faults: ['stale-reads', 'watch-lag', 'replica-pause'],
    plant: { runner: { believesReads: true } },
  },
  'acts-before-stored': {
    does: 'effects follow a decision before it is stored',
    breaks: 'rule 12',
    faults: ['watch-lag', 'replica-pause', 'message-loss'],
    plant: { runner: { actsEarly: true } },
  },
  'effect-lost': {
    does: 'only the replica that has decided performs what follows, and dies',
    breaks: 'liveness',
    faults: ['replica-kill', 'replica-crash', 'control-power'],
    plant: { runner: { leavesToOthers: true } },
  },
  'effects-pile-up': {
    does: 'an effect that is in hand is performed again, and again',
    breaks: 'bounds',
    faults: ['host-agent-pause', 'storage-pause'],
    plant: { runner: { pilesUp: true } },
  },
  'trimmed-before-derived': {
    does: 'transitions count as derived once they are stored, and their events never come',
    breaks: 'rule 11',
    faults: ['replica-crash', 'storage-crash', 'control-power'],
    plant: { runner: { marksEarly: true } },
  },
};
