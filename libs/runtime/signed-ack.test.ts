import { expect, test } from 'vitest';
import { claimedAck, isSignedBy, signedAck } from './signed-ack.js';

const ack = {
  node: 'san1',
  host: 'h1',
  bootId: 'bd4e3f9e-6a0f-4d39-9f0b-6c1f2f5a7e11',
  life: 'life',
  sequence: 7,
  epochFloor: 3,
};

test('an acknowledgement is known by its key, and nothing of it can be changed', () => {
  const datagram = signedAck(ack, 'key');
  expect(claimedAck(datagram)).toEqual(ack);
  expect(isSignedBy(datagram, 'key')).toBe(true);
  expect(isSignedBy(datagram, 'another')).toBe(false);
  const changed = Buffer.from(datagram.toString().replace('epochFloor\\":3', 'epochFloor\\":9'));
  expect(claimedAck(changed)?.epochFloor).toBe(9);
  expect(isSignedBy(changed, 'key')).toBe(false);
});

test('whatever else comes is none', () => {
  for (const text of ['', '{', '7', 'null', '{"ack":"{}","mac":""}', '{"ack":7,"mac":"x"}']) {
    expect(claimedAck(Buffer.from(text))).toBeNull();
    expect(isSignedBy(Buffer.from(text), 'key')).toBe(false);
  }
});
