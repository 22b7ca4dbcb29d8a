import { ESLint } from 'eslint';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const planted = fileURLToPath(new URL('planted-violations', import.meta.url));

interface Cruise {
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}

async function importViolations(): Promise<string[]> {
  const args = [
    `${root}node_modules/.bin/depcruise`,
    ...['--config', `${root}tests/planted-violations.dependency-cruiser.cjs`],
    ...['--output-type', 'json', 'libs', 'services', 'clients', 'lab', 'sim', 'bench'],
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: planted,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { violations } = (JSON.parse(stdout) as Cruise).summary;
  return violations.map(({ from, rule }) => `${rule.name}: ${from}`);
}

async function lintViolations(): Promise<string[]> {
  const eslint = new ESLint({
    cwd: root,
    ignore: false,
    overrideConfig: {
      languageOptions: {
        parserOptions: { project: 'tests/planted-violations/tsconfig.json' },
      },
    },
  });
  const results = await eslint.lintFiles(['tests/planted-violations/**/*.ts']);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId }) => `${ruleId ?? 'error'}: ${filePath.slice(planted.length + 1)}`),
  );
}

describe('a planted violation is caught', () => {
  it('when it imports what it must not', async () => {
    const found = new Set(await importViolations());
    expect([...found].sort()).toEqual([
      'bench-imports-lab-and-client: bench/index.ts',
      'clients-import-client-contracts-and-lab: clients/cli/index.ts',
      'contracts-import-zod: libs/contracts/index.ts',
      'core-imports-kernel-and-contracts: services/scheduler/core/impure.ts',
      'kernel-imports-nothing: libs/kernel/index.ts',
      'lab-imports-entry-points: lab/index.ts',
      'libs-import-libs: libs/runtime/index.ts',
      'no-cycles: services/storage/cycle.ts',
      'no-junk-drawers: services/failover/index.ts',
      'only-bus-imports-nats: services/storage/index.ts',
      'service-imports-no-service: services/scheduler/index.ts',
      'service-imports-own-files-and-libs: services/scheduler/index.ts',
      'sim-contract-imports-promises: sim/contract/store.ts',
      'sim-imports-cores: sim/index.ts',
    ]);
  });

  it('when its code is impure, careless or too long', async () => {
    const found = new Set(await lintViolations());
    expect([...found].sort()).toEqual([
      '@typescript-eslint/no-explicit-any: services/failover/index.ts',
      '@typescript-eslint/no-floating-promises: services/failover/index.ts',
      'eqeqeq: services/failover/index.ts',
      'max-len: services/failover/index.ts',
      'max-lines-per-function: services/storage/long.ts',
      'max-lines: services/storage/long.ts',
      'no-restricted-globals: services/scheduler/core/impure.ts',
      'no-restricted-imports: services/failover/index.ts',
      'no-restricted-properties: libs/runtime/index.ts',
      'no-restricted-properties: services/scheduler/core/impure.ts',
      'no-restricted-syntax: services/scheduler/core/impure.ts',
    ]);
  }, 60_000);
});
