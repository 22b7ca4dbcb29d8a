import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('.', import.meta.url));

/** `@holdfast/NAME` is the source of its workspace, so that tests need no build. */
const alias = ['libs', 'services', 'clients'].flatMap((folder) =>
  readdirSync(`${root}${folder}`).map((name) => ({
    find: new RegExp(`^@holdfast/${name}$`),
    replacement: `${root}${folder}/${name}/index.ts`,
  })),
);
alias.push(
  { find: /^@holdfast\/lab$/, replacement: `${root}lab/index.ts` },
  { find: /^@holdfast\/sim$/, replacement: `${root}sim/index.ts` },
  { find: /^@holdfast\/bench$/, replacement: `${root}bench/index.ts` },
  { find: /^@holdfast\/([^/]+)\/core$/, replacement: `${root}services/$1/core/index.ts` },
);

/** What takes minutes begins first, so that no worker is idle while another has most of them before it. */
const longest = ['lab/faults.lab', 'lab/vm-life.lab', 'lab/chaos/chaos.lab', 'lab/guest-probes.lab'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.includes(name));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

const never = ['**/node_modules/**', '**/dist/**', '**/.tools/**'];
const common = {
  root,
  resolve: { alias },
  /** Nest's decorators are the legacy ones; tokens are explicit, so no metadata is emitted. */
  oxc: { decorator: { legacy: true } },
};

export default defineConfig({
  test: {
    passWithNoTests: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...common,
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...never, '**/*.integration.test.ts', '**/*.lab.test.ts'],
          /** Importing everything anew for each file takes longer than the tests, and none leaves anything behind. */
          isolate: false,
          setupFiles: ['lab/testing/property-seed.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...common,
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: never,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...common,
        test: {
          name: 'lab',
          include: ['**/*.lab.test.ts'],
          exclude: never,
          /** A lab waits more than it computes; a third one would make the others late. */
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
