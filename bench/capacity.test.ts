import { expect, test } from 'vitest';
import { countUntilFull } from './capacity.js';
import { placeOneMore } from './hail.js';

test('with room for the loss of any host as many VMs fit as hspace counts, and without', () => {
  expect([countUntilFull(true), countUntilFull(false)]).toEqual([589, 620]);
});

test('one VM more is placed with its verdict, beside nobody where no peer is asked for', async () => {
  const one = await placeOneMore({ hosts: 10, withPeer: false }, () => undefined);
  expect(one).toMatchObject({ hosts: 10, vms: 200, isSurvived: true, hail: null });
  expect(one.cpuMs).toBeGreaterThan(0);
});
