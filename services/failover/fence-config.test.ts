import { refusalOf } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fenceConfigShape, fencingOf, withFenceChecks } from './fence-config.js';

const schema = withFenceChecks(z.strictObject(fenceConfigShape));
const machine = '4C4C4544-004D-3510-8051-B7C04F4E5931';
const bmcs = { h1: { address: '10.0.0.1', user: 'admin', passwordFile: '/etc/holdfast/h1' } };
const pdu = {
  kind: 'agent',
  name: 'pdu-a',
  agent: 'fence_apc',
  parameters: { ip: '10.0.0.9', plug: 4, ssh: true },
  secretFiles: { password: '/etc/holdfast/pdu-a' },
  machine,
};

const refusalFor = (devices: object[][], more: object = {}): string => {
  const { error } = schema.safeParse({ fencing: { h1: { levels: devices } }, ...more });
  return error ? refusalOf(error).message : 'accepted';
};
const refusalWith = (patch: object): string => refusalFor([[{ ...pdu, ...patch }]]);

describe('the fence devices of a host', () => {
  test('are its BMC, and then the levels in their order', () => {
    const second = { ...pdu, name: 'pdu-b', machine: undefined };
    const config = schema.parse({ bmcs, fencing: { h1: { levels: [[pdu, second]] }, h2: { levels: [[pdu]] } } });
    const fencing = fencingOf(config);
    const shown = [...fencing].map(([host, { levels }]) => [
      host,
      levels.map((level) => level.map(({ name, identity }) => [name, identity])),
    ]);
    expect(shown).toEqual([
      ['h1', [
        [['bmc', 'reported']],
        [['pdu-a', { machine: machine.toLowerCase() }], ['pdu-b', { machine: null }]],
      ]],
      ['h2', [[['pdu-a', { machine: machine.toLowerCase() }]]]],
    ]);
  });

  test('have another fingerprint when anything of them changes', () => {
    const printOf = (devices: object[][]): string | undefined =>
      fencingOf(schema.parse({ fencing: { h1: { levels: devices } } })).get('h1')?.configuration;
    expect(printOf([[pdu]])).toBe(printOf([[{ ...pdu }]]));
    expect(printOf([[{ ...pdu, parameters: { ip: '10.0.0.8' } }]])).not.toBe(printOf([[pdu]]));
  });

  test('are refused with the field and the remedy', () => {
    expect(refusalWith({})).toBe('accepted');
    expect(refusalFor([])).toBe('fencing.h1.levels: say at least one level');
    expect(refusalFor([[]])).toBe('fencing.h1.levels[0]: a level needs a device');
    expect(refusalFor([[pdu], [pdu]])).toBe(
      'fencing.h1.levels[1][0].name: another device of this host is named pdu-a; give each a name of its own',
    );
    expect(refusalFor([[{ ...pdu, name: 'bmc' }]], { bmcs })).toBe(
      'fencing.h1.levels: bmc is what the device in bmcs.h1 is called; choose another name',
    );
    expect(refusalWith({ agent: 'reboot' })).toContain('levels[0][0].agent: the name of an agent, as in fence_apc');
    expect(refusalWith({ agent: 'fence_sbd' })).toContain('.agent: fence_sbd is no proof of power-off');
    expect(refusalWith({ machine: 'h1' })).toContain('.machine: the system UUID of the host');
    expect(refusalWith({ secretFiles: { password: 'pdu-a' } })).toContain('.secretFiles.password: name the file');
    expect(refusalWith({ parameters: { plug: '1\naction=on' } })).toContain('.parameters.plug: one line');
    expect(refusalWith({ parameters: { action: 'on' } })).toContain('.parameters.action: it cannot be set');
    expect(refusalWith({ parameters: { 'missing-as-off': true } })).toContain('would count as switched off');
    expect(refusalWith({ parameters: { debug_file: '/tmp/x' } })).toContain('write the secrets into a log');
    expect(refusalWith({ outlet: 4 })).toContain('fencing.h1.levels[0][0]');
  });

  test('keep their secrets in files', () => {
    for (const name of ['passwd', 'password', 'snmp-priv-passwd', 'community', 'secret_key', 'api_token']) {
      expect(refusalWith({ parameters: { [name]: 'x' } }), name).toBe(
        `fencing.h1.levels[0][0].parameters.${name}: ` +
          'a secret; write it into a file of its own, mode 600, and name that in secretFiles',
      );
    }
    expect(refusalWith({ secretFiles: { password_script: '/bin/x' } })).toContain('a file that holds the secret');
  });

  test('that show their secret are used only by one who says so', () => {
    const ipmilan = { agent: 'fence_ipmilan', parameters: { ip: '10.0.0.1' } };
    expect(refusalWith(ipmilan)).toContain("shows its secret in the command line of ipmitool; use kind 'ipmi'");
    expect(refusalWith({ ...ipmilan, exposesSecret: true })).toBe('accepted');
    expect(refusalWith({ agent: 'fence_apc_snmp' })).toContain('the command line of snmpget and snmpset');
    expect(refusalWith({ agent: 'fence_apc_snmp', secretFiles: {} }), 'it has none').toBe('accepted');
  });
});
