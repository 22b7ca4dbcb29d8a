import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { renderRun, shellQuote } from './program.js';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-program-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe('the run script of a program', () => {
  test('passes arguments and environment on as they are, whatever they hold', () => {
    const nasty = ['a b', "it's", '$(touch /tmp/never)', '`x`', '"', '\\', 'line\nbreak', '', '*'];
    const logFile = join(directory, 'the log');
    const script = join(directory, 'run');
    writeFileSync(script, renderRun({
      name: 'printer',
      command: 'printf',
      args: ['<%s>', ...nasty],
      cwd: directory,
      logFile,
    }));
    execFileSync('bash', [script]);
    expect(readFileSync(logFile, 'utf8')).toBe(nasty.map((word) => `<${word}>`).join(''));

    writeFileSync(script, renderRun({
      name: 'printer', command: 'sh', args: ['-c', 'printf %s "$SECRET"'],
      env: { SECRET: nasty.join('|') }, logFile: `${logFile}-2`,
    }));
    execFileSync('bash', [script]);
    expect(readFileSync(`${logFile}-2`, 'utf8')).toBe(nasty.join('|'));
  });

  test('refuses names that could be something else', () => {
    const spec = { command: 'true', logFile: '/dev/null' };
    expect(() => renderRun({ ...spec, name: '../agent' })).toThrow(/program name/);
    expect(() => renderRun({ ...spec, name: 'agent', env: { 'A=B': '1' } })).toThrow(/A=B/);
    expect(() => shellQuote('a\0b')).toThrow(/NUL/);
  });
});
