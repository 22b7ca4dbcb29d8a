import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, readConfig, serviceConfigSchema } from './config.js';

describe('a configuration', () => {
  let directory: string;
  const write = async (content: string): Promise<string> => {
    const file = join(directory, 'config.json');
    await writeFile(file, content);
    return file;
  };
  const good = {
    service: 'storage',
    node: 'san1',
    incarnation: 'i1',
    nats: { servers: ['tls://10.0.0.1:4222'], seedFile: '/seed', caFile: '/ca.pem' },
    http: { fd: 3 },
    stateDirectory: '/state',
  };
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-config-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('is read from the file that is named, and is frozen', async () => {
    const file = await write(JSON.stringify(good));
    const config = loadConfig(serviceConfigSchema, ['--config', file]);
    expect(config).toEqual({ ...good, logLevel: 'info' });
    expect(Object.isFrozen(config.nats)).toBe(true);
  });

  it('that is wrong names its file and its field', async () => {
    const file = await write(JSON.stringify({ ...good, nats: { ...good.nats, servers: [] } }));
    expect(() => readConfig(serviceConfigSchema, file)).toThrow(
      new RegExp(`${file}: nats\\.servers: `),
    );
    const unknown = await write(JSON.stringify({ ...good, colour: 'red' }));
    expect(() => readConfig(serviceConfigSchema, unknown)).toThrow(/colour/);
  });

  it('that is missing or no JSON says so', async () => {
    expect(() => readConfig(serviceConfigSchema, '/nowhere.json')).toThrow(/\/nowhere\.json/);
    const broken = await write('{');
    expect(() => readConfig(serviceConfigSchema, broken)).toThrow(broken);
  });
});
