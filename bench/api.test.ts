import { expect, test } from 'vitest';
import { benchApi } from './api.js';

test('the API is measured with every request answered and every event delivered', async () => {
  const { figures, failures } = await benchApi({ vms: 200, followers: 10, seconds: 1, progress: () => undefined });
  expect(figures.map(({ count }) => count)).toEqual([200, 50, 200]);
  expect(failures.filter((text) => text.includes('did not come'))).toEqual([]);
});
