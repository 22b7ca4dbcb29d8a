import { expect, test } from 'vitest';
import { countUntilFull } from './capacity.js';

test('with room for the loss of any host as many VMs fit as hspace counts, and without', () => {
  expect([countUntilFull(true), countUntilFull(false)]).toEqual([589, 620]);
});
