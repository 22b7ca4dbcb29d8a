import { describe, expect, test } from 'vitest';
import { disturbances } from './tape.js';
import { tell, type Told } from './walk.js';
import { walks } from './walks.js';

/** `WALK/MODE/EFFECT` runs that one alone and prints what happened. */
const only = process.env['SIM_CASE'];

describe.skipIf(only !== undefined)('one disturbance at every effect in turn', () => {
  describe.each((only === undefined ? walks : []).map((walk) => [walk.name, walk] as const))('%s', (_name, walk) => {
    const undisturbed = tell(walk, null);

    test('undisturbed it comes to its end', () => {
      expect(undisturbed.wrong).toEqual([]);
      expect(undisturbed.effects.length).toBeGreaterThan(5);
    });

    test.each([...disturbances, ...(walk.accidents ?? [])].map((mode) => [mode.name, mode] as const))(
      '%s',
      { timeout: 120_000 },
      (name, mode) => {
        const failures: string[] = [];
        for (const effect of undisturbed.effects) {
          if ('suits' in mode && !mode.suits(effect)) continue;
          const { wrong } = tell(walk, { effect: effect.number, with: mode });
          if (wrong.length > 0) failures.push(`${effect.who}: ${effect.what}: ${wrong.join('; ')}
  SIM_CASE='${walk.name}/${name}/${effect.number}' npx vitest run --project unit sim/exhaustive`);
        }
        expect(failures).toEqual([]);
      },
    );
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
    const mode = [...disturbances, ...(walk.accidents ?? [])].find(({ name }) => name === modeName);
    const told = tell(walk, mode ? { effect: Number(effect), with: mode } : null);
    process.stdout.write(`${report(told)}\n`);
    expect(told.wrong).toEqual([]);
  });
});
