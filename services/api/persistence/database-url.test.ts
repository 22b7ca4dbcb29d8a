import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDatabaseUrl } from './database-url.js';

const url = 'postgresql://holdfast:secret-word@db.example:5432/holdfast';

describe('the URL of the database', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-url-'));
    file = join(directory, 'url');
    await writeFile(file, `${url}\n`, { mode: 0o600 });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is in its file, unless the environment names another, and may be missing', async () => {
    expect(await readDatabaseUrl(file, undefined)).toBe(url);
    expect(await readDatabaseUrl(file, 'postgres://other/one')).toBe('postgres://other/one');
    expect(await readDatabaseUrl(undefined, undefined)).toBeNull();
  });

  it('is not read from a file that others may read', async () => {
    await chmod(file, 0o640);
    await expect(readDatabaseUrl(file, undefined)).rejects.toThrow(`run: chmod 600 ${file}`);
  });

  it('is told in no refusal', async () => {
    await writeFile(file, 'mysql://holdfast:secret-word@db');
    const refusal = await readDatabaseUrl(file, undefined).then(String, String);
    expect(refusal).toContain(`${file} holds no URL such as postgresql://`);
    expect(refusal).not.toContain('secret-word');
  });
});
