import type { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { migrate } from './migrate.js';

it('a server that is too old is refused before anything is changed', async () => {
  const asked: string[] = [];
  const query = (sql: string): Promise<object[]> => {
    asked.push(sql);
    return Promise.resolve([{ server_version_num: '140012' }]);
  };
  const old = { manager: { query } } as unknown as DataSource;
  await expect(migrate(old, [])).rejects.toThrow('PostgreSQL 14; remedy: give it 15 or newer');
  expect(asked).toEqual(['SHOW server_version_num']);
});
