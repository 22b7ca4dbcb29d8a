import type { DrillRecord } from '@holdfast/contracts';
import type { PlantedBugs } from './bug.js';
import { drills, evictions } from './happenings.js';

/** Drills: what they must leave alone, and what they must not leave behind. */
export const drillBugs: PlantedBugs = {
  'evicts-any-vm': {
    does: 'a VM that no drill has made is evicted from its host',
    breaks: 'policies',
    faults: ['host-agent'],
    happens: evictions,
    plant: {
      evict: (vm, admit) => {
        const { change, reply } = admit(vm && { ...vm, canary: true });
        return change ? { change: { ...change, canary: vm?.canary }, reply } : { change, reply };
      },
    },
  },
  'canary-left': {
    does: 'a drill ends without looking whether its canary is gone',
    breaks: 'liveness',
    faults: ['scheduler-out', 'host-agent'],
    happens: drills,
    plant: {
      drill: (view, step) => step(isClearing(view.drill) ? { ...view, canary: null } : view),
    },
  },
};

const isClearing = ({ stage }: DrillRecord): boolean => stage === 'clearing' || stage === 'done';
