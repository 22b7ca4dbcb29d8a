import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const tests = [
  '**/*.test.ts', '**/*-suite.ts', '**/*-contract.ts', '**/testing/**', '**/test-fixture/**',
];
const cores = ['**/core/**/*.ts', 'libs/kernel/**/*.ts'];

const impureGlobals = [
  'Date', 'performance', 'process', 'Buffer', 'fetch', 'console', 'crypto',
  'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask',
].map((name) => ({ name, message: 'A core is pure: time and chance come in `env`.' }));

const environment = {
  object: 'process',
  property: 'env',
  message: 'Settings come from the configuration (libs/runtime/config.ts).',
};

export default defineConfig(
  {
    ignores: [
      '**/node_modules/**', '**/dist/**', '.tools/**', 'coverage/**', 'libs/client/generated/**',
      'tests/planted-violations/**', '**/*.js', '**/*.cjs', '**/*.mjs',
    ],
  },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.tests.json', tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@nestjs/common',
              importNames: ['forwardRef'],
              message: 'A cycle between modules: cut it.',
            },
          ],
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': ['error', { destructuring: 'all' }],
      'no-var': 'error',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70 }],
      'max-len': ['error', { code: 120, ignoreUrls: true }],
      'no-restricted-properties': ['error', environment],
    },
  },
  {
    files: tests,
    rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
  },
  {
    files: ['libs/runtime/config.ts', 'lab/**/*.ts', 'clients/**/*.ts', ...tests],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: cores,
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': [
        'error',
        environment,
        { object: 'Math', property: 'random', message: 'Draw from `env.random`.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: 'A core is synchronous.' },
        { selector: 'AwaitExpression', message: 'A core is synchronous.' },
      ],
    },
  },
);
