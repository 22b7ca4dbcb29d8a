import { describe, expect, test } from 'vitest';
import { lastAckedMs, noContact, withAck, withSent, type Contact } from './contact.js';

const ack = (sequence: number, epochFloor = 0, node = 'san1') => ({ node, sequence, epochFloor });
const sentThree = (): Contact => [1, 2, 3].reduce((contact, n) => withSent(contact, n, n * 250), noContact);
const acked = (contact: Contact, ...acks: ReturnType<typeof ack>[]): Contact =>
  acks.reduce((known, each) => withAck(known, each) ?? known, contact);

describe('acknowledged heartbeats', () => {
  test('count from the sending of what they answer, of the storage node that heard last', () => {
    const contact = acked(sentThree(), ack(1), ack(2, 0, 'san2'));
    expect(lastAckedMs(contact, ['san1'])).toBe(250);
    expect(lastAckedMs(contact, ['san1', 'san2'])).toBe(500);
    expect(lastAckedMs(contact, ['san3'])).toBeNull();
  });

  test('a replayed one, one that a newer has overtaken, and one of what was never sent count for nothing', () => {
    const contact = acked(sentThree(), ack(2));
    expect(withAck(contact, ack(2, 9))).toBeNull();
    expect(withAck(contact, ack(1, 9))).toBeNull();
    expect(withAck(contact, ack(4, 9))).toBeNull();
    expect(withAck(contact, ack(3, 9))?.epochFloor).toBe(9);
  });

  test('the largest floor stays, whichever node has named it', () => {
    expect(acked(sentThree(), ack(1, 5), ack(2, 3, 'san2')).epochFloor).toBe(5);
  });

  test('only the newest heartbeats are remembered', () => {
    let contact = noContact;
    for (let sequence = 1; sequence <= 1000; sequence += 1) contact = withSent(contact, sequence, sequence);
    expect(contact.sent).toHaveLength(128);
    expect(withAck(contact, ack(872))).toBeNull();
    expect(withAck(contact, ack(873))).not.toBeNull();
  });
});
