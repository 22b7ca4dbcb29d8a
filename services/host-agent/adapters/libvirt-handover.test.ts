import { describe, expect, test } from 'vitest';
import { isHandedOver } from './libvirt-handover.js';

const uuid = '1ea3b850-98bd-85d1-b24d-fd28f879d3e1';
const plain = uuid.replaceAll('-', '');
/** As libvirt 9.0 saves it. */
const status = (domain: string, job: string, of = uuid): string => `<domstatus ${domain}>
  <job type='none' ${job} flags='0x13023' asyncStarted='1795323097070'>
  </job>
  <domain type='qemu' id='3'>
    <name>web1</name>
    <uuid>${of}</uuid>
  </domain>
</domstatus>`;
const paused = "state='paused' reason='migration' pid='182'";
const running = "state='running' reason='unpaused' pid='182'";
const confirmed = "async='migration out' phase='confirm3'";

describe('what libvirt has saved of a domain that moves', () => {
  test('says that it is handed over once it is to be ended here, and paused until then', () => {
    expect(isHandedOver(status(paused, confirmed), 182, plain)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a guest that is being sent', status(running, "async='migration out' phase='perform3'")],
    ['one that was sent, with no answer yet', status(paused, "async='migration out' phase='perform3_done'")],
    ['one that is to run on here', status(paused, "async='migration out' phase='confirm3_cancelled'")],
    ['one that runs on here', status("state='running' reason='migration-canceled' pid='182'", confirmed)],
    ['one that was paused by hand', status("state='paused' reason='user' pid='182'", confirmed)],
    ['one that comes', status(paused, "async='migration in' phase='confirm3'")],
    ['another process', status("state='paused' reason='migration' pid='183'", confirmed)],
    ['another domain', status(paused, confirmed, uuid.replace('1', '2'))],
  ])('does not say so of %s', (_what, saved) => {
    expect(isHandedOver(saved, 182, plain)).toBe(false);
  });
});
