import { describe, expect, test } from 'vitest';
import { plant } from '../planted/bugs.js';
import { disturbances, type Disturbance, type SeenEffect } from './tape.js';
import { tell, type Accident, type Told, type Walk } from './walk.js';
import { walks } from './walks.js';

/** `WALK/MODE/EFFECT` runs that one alone and prints what happened. */
const only = process.env['SIM_CASE'];

const modesOf = (walk: Walk): (Disturbance | Accident)[] => [...disturbances, ...(walk.accidents ?? [])];
const suits = (mode: Disturbance | Accident, effect: SeenEffect): boolean => !('suits' in mode) || mode.suits(effect);

describe.skipIf(only !== undefined)('one disturbance at every effect in turn', () => {
  describe.each((only === undefined ? walks : []).map((walk) => [walk.name, walk] as const))('%s', (_name, walk) => {
    const undisturbed = tell(walk, null);

    test('undisturbed it comes to its end', () => {
      expect(undisturbed.wrong).toEqual([]);
      expect(undisturbed.effects.length).toBeGreaterThan(5);
    });

    test.each(modesOf(walk).map((mode) => [mode.name, mode] as const))(
      '%s',
      { timeout: 120_000 },
      (name, mode) => {
        const failures: string[] = [];
        for (const effect of undisturbed.effects.filter((each) => suits(mode, each))) {
          const { wrong } = tell(walk, { effect: effect.number, with: mode });
          if (wrong.length > 0) failures.push(`${effect.who}: ${effect.what}: ${wrong.join('; ')}
  SIM_CASE='${walk.name}/${name}/${effect.number}' npx vitest run --project unit sim/exhaustive`);
        }
        expect(failures).toEqual([]);
      },
    );
  });
});

/** Planted bugs, each with a walk and a disturbance that shows it at some effect. */
const shown = [
  ['stale-copies-kept', 'migrate', 'h1 is cut off'],
  ['revocation-skipped', 'migrate', 'paused before'],
  ['revision-ignored', 'migrate', 'once more at the end'],
  ['floors-not-durable', 'migrate', 'crash before'],
  ['older-holder-kept', 'migrate', 'crash before'],
  ['restart-on-suspicion', 'migrate', 'crash before'],
  ['late-attach-accepted', 'there and back', 'once more at the end'],
] as const;

describe.skipIf(only !== undefined)('it can fail', () => {
  test.each(shown)('%s shows in: %s, %s', { timeout: 60_000 }, (bug, walkName, modeName) => {
    const walk = walks.find(({ name }) => name === walkName);
    const mode = walk && modesOf(walk).find(({ name }) => name === modeName);
    if (!walk || !mode) throw new Error(`there is no ${walkName}, ${modeName}`);
    const effects = tell(walk, null).effects.filter((effect) => suits(mode, effect));
    const isFound = effects.some(
      ({ number }) => tell(walk, { effect: number, with: mode }, plant(bug)).wrong.length > 0,
    );
    expect(isFound).toBe(true);
  });

  test('a volume that is open while it is copied shows in: clone and start at once', { timeout: 60_000 }, () => {
    const walk = walks.find(({ name }) => name === 'clone and start at once');
    if (!walk) throw new Error('there is no such walk');
    const { wrong } = tell(walk, null, { copiesOpen: true });
    expect(wrong.some((each) => each.includes('open while it is copied'))).toBe(true);
  });

  test('a volume that is there before its image is in it shows in: create from an image', { timeout: 60_000 }, () => {
    const walk = walks.find(({ name }) => name === 'create from an image');
    const [accident] = walk?.accidents ?? [];
    if (!walk || !accident) throw new Error('there is no such walk');
    const isBroken = ({ number }: SeenEffect): boolean =>
      tell(walk, { effect: number, with: accident }, { showsHalfFilled: true }).wrong
        .some((wrong) => wrong.includes('not whole'));
    expect(tell(walk, null).effects.some(isBroken)).toBe(true);
  });
});

function report({ stage, wrong, effects }: Told): string {
  const lines = [
    ...stage.world.checker.log.map(({ atMs, event, text }) => ({ atMs, text: `${event} ${text}` })),
    ...effects.map(({ number, atMs, who, what }) => ({ atMs, text: `    #${number} ${who}: ${what}` })),
  ];
  const told = lines.sort((a, b) => a.atMs - b.atMs).map(({ atMs, text }) => `${atMs} ${text}`);
  return [...told, ...wrong].join('\n');
}

describe.runIf(only !== undefined)('one case', () => {
  test(`${only}`, () => {
    const [walkName, modeName, effect] = (only ?? '').split('/');
    const walk = walks.find(({ name }) => name === walkName);
    if (!walk) throw new Error(`there is no walk ${walkName}`);
    const mode = modesOf(walk).find(({ name }) => name === modeName);
    const told = tell(walk, mode ? { effect: Number(effect), with: mode } : null);
    process.stdout.write(`${report(told)}\n`);
    expect(told.wrong).toEqual([]);
  });
});
