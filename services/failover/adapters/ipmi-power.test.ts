import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IpmiPower, uuidOfGuid } from './ipmi-power.js';

const HEX = '4C4C4544004D35108051B7C04F4E5931';

describe('the GUID of a BMC', () => {
  it('is the UUID as it stands, or in the order of SMBIOS, or reversed', () => {
    expect(uuidOfGuid(HEX, 'rfc4122')).toBe('4c4c4544-004d-3510-8051-b7c04f4e5931');
    expect(uuidOfGuid(HEX, 'smbios')).toBe('44454c4c-4d00-1035-8051-b7c04f4e5931');
    expect(uuidOfGuid(HEX, 'ipmi')).toBe('31594e4f-c0b7-5180-1035-4d0044454c4c');
  });

  it('is none when it was never set', () => {
    expect(uuidOfGuid('0'.repeat(32), 'rfc4122')).toBeNull();
    expect(uuidOfGuid('f'.repeat(32), 'smbios')).toBeNull();
    expect(uuidOfGuid('4c4c', 'rfc4122')).toBeNull();
  });
});

describe('ipmitool', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-ipmi-'));
    await writeFile(join(folder, 'password'), 'a-secret', { mode: 0o600 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const switchOf = (script: string, timeoutMs = 5000): IpmiPower =>
    new IpmiPower({
      address: '10.0.0.1',
      user: 'holdfast',
      passwordPath: join(folder, 'password'),
      timeoutMs,
      command: ['sh', '-c', script],
    });

  it('is not started when others may read the password', async () => {
    await chmod(join(folder, 'password'), 0o644);
    await expect(switchOf('echo Chassis Power is on').read()).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('is killed when it does not come back', async () => {
    await expect(switchOf('exec sleep 60', 200).read()).rejects.toMatchObject({ code: 'timeout' });
  });

  it('is not believed when it tells no state', async () => {
    await expect(switchOf('echo Chassis Power is unknown').read()).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('may refuse to switch off what is off', async () => {
    const refusal =
      'Set Chassis Power Control to Down/Off failed: Command not supported in present state';
    await switchOf(`echo "${refusal}" >&2; exit 1`).set('off');
    await expect(
      switchOf('echo "Set Chassis Power Control failed: busy" >&2; exit 1').set('off'),
    ).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('may know no GUID', async () => {
    expect(
      await switchOf('echo "Get GUID command failed: Invalid command" >&2; exit 1').systemUuid(),
    ).toBeNull();
  });

  it('cannot be missing silently', async () => {
    const power = new IpmiPower({
      address: '10.0.0.1',
      user: 'holdfast',
      passwordPath: join(folder, 'password'),
      command: ['/no/ipmitool'],
    });
    await expect(power.read()).rejects.toMatchObject({ code: 'internal' });
  });
});
