import { afterEach, describe, expect, it } from 'vitest';
import { readScenario, ScenarioStory } from './scenario-story.js';
import type { TestSystem } from './test-system.js';

/** Of `sim/scenarios`: the lab has verbs for them, and each comes to its end in another way. */
const names = [
  'host-power-lost-and-back',
  'host-isolated-and-back',
  'management-link-lost',
  'agent-down',
  'pause-and-wake',
  'host-shut-down',
  'maintenance-and-back',
  'relocate',
  'guest-crashes-once',
  'bus-outage',
] as const;

export function scenarioSuite(given: () => TestSystem): void {
  describe('a scenario goes in the lab as it goes in the simulator', () => {
    let story: ScenarioStory | null = null;
    afterEach(async () => {
      const ended = story;
      story = null;
      await ended?.end();
    });

    it.each(names)('%s', async (name) => {
      story = new ScenarioStory(given(), readScenario(name), name);
      await story.begin();
      await story.perform();
      const disagreements = story.disagreements();
      if (disagreements.length > 0) expect.fail(disagreements.join('\n\n'));
      expect(story.badWrites()).toEqual([]);
    });
  });
}
