import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

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
    projects: [
      {
        ...common,
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...never, '**/*.integration.test.ts', '**/*.lab.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...common,
        test: {
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          exclude: never,
          fileParallelism: false,
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
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
