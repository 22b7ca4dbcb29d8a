import { describe, expect, test } from 'vitest';
import { cibSections } from './cib.js';
import { peerModes, settingsOf } from './modes.js';

const hosts = ['h1', 'h2'].map((name, index) => ({
  name,
  bmc: { address: `198.18.4.${11 + index}`, user: 'holdfast', passwordFile: `/lab/nodes/bmc-${name}/password` },
}));
const vm = { name: 'bench', configFile: '/etc/pacemaker/bench.xml' };

describe('what Pacemaker is told', () => {
  test('is one fence device for each host, on another host than that, and one VM', () => {
    const { resources, constraints } = cibSections('default', hosts.slice(0, 1), vm);
    expect(resources).toBe(`<resources>
  <primitive id="fence-h1" class="stonith" type="fence_ipmilan">
    <instance_attributes id="fence-h1-parameters">
      <nvpair id="fence-h1-parameters-pcmk_host_list" name="pcmk_host_list" value="h1"/>
      <nvpair id="fence-h1-parameters-ip" name="ip" value="198.18.4.11"/>
      <nvpair id="fence-h1-parameters-username" name="username" value="holdfast"/>
      <nvpair id="fence-h1-parameters-password_script" name="password_script" value="cat /lab/nodes/bmc-h1/password"/>
      <nvpair id="fence-h1-parameters-lanplus" name="lanplus" value="1"/>
      <nvpair id="fence-h1-parameters-cipher" name="cipher" value="3"/>
    </instance_attributes>
    <operations>
      <op id="fence-h1-monitor-60s" name="monitor" interval="60s" timeout="20s"/>
    </operations>
  </primitive>
  <primitive id="bench" class="ocf" provider="heartbeat" type="VirtualDomain">
    <instance_attributes id="bench-parameters">
      <nvpair id="bench-parameters-config" name="config" value="/etc/pacemaker/bench.xml"/>
      <nvpair id="bench-parameters-hypervisor" name="hypervisor" value="qemu:///system"/>
    </instance_attributes>
    <operations>
      <op id="bench-start-0s" name="start" interval="0s" timeout="90s"/>
      <op id="bench-stop-0s" name="stop" interval="0s" timeout="90s"/>
      <op id="bench-monitor-10s" name="monitor" interval="10s" timeout="30s"/>
    </operations>
  </primitive>
</resources>
`);
    expect(constraints).toBe(`<constraints>
  <rsc_location id="fence-h1-elsewhere" rsc="fence-h1" node="h1" score="-INFINITY"/>
</constraints>
`);
  });

  test('leaves every delay as it is by default, and has none when tuned', () => {
    const text = (mode: 'default' | 'tuned'): string => Object.values(cibSections(mode, hosts, vm)).join('');
    const delays = /name="(power_wait|delay|pcmk_delay_base|pcmk_delay_max|stonith_status_sleep)" value="(\d+)"/g;
    expect([...text('default').matchAll(delays)]).toEqual([]);
    expect([...text('tuned').matchAll(delays)].map(([, name, value]) => `${name}=${value}`)).toEqual(
      hosts.flatMap(() =>
        ['power_wait=0', 'delay=0', 'stonith_status_sleep=0', 'pcmk_delay_base=0', 'pcmk_delay_max=0']));
    expect(text('tuned')).toContain('name="stonith-action" value="off"');
    expect(text('default')).not.toContain('stonith-action');
  });

  test('has no element id twice', () => {
    for (const mode of peerModes) {
      const text = Object.values(cibSections(mode, hosts, vm)).join('');
      const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test('gives a reason for every setting', () => {
    for (const { reason } of peerModes.flatMap(settingsOf)) expect(reason.length).toBeGreaterThan(10);
  });
});
