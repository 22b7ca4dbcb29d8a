import { describe, expect, test } from 'vitest';
import { clusterStateOf, startedAt } from './cluster-state.js';

/** As crm_mon of Pacemaker 2.1.5 printed it in a lab, with what is not read left out. */
const crmMon = `<pacemaker-result api-version="2.25" request="crm_mon -1 --output-as=xml">
  <summary>
    <stack type="corosync"/>
    <current_dc present="true" version="2.1.5-a3f44794f94" name="h2" id="2" with_quorum="true" mixed_version="false"/>
    <nodes_configured number="3"/>
  </summary>
  <nodes>
    <node name="h1" id="1" online="true" pending="false" unclean="false" is_dc="false" resources_running="2"/>
    <node name="h2" id="2" online="true" pending="false" unclean="false" is_dc="true" resources_running="1"/>
    <node name="h3" id="3" online="true" pending="true" unclean="false" is_dc="false" resources_running="0"/>
    <node name="h4" id="4" online="false" pending="false" unclean="true" is_dc="false" resources_running="0"/>
  </nodes>
  <resources>
    <resource id="fence-h1" resource_agent="stonith:fence_ipmilan" role="Started" blocked="false" failed="false">
      <node name="h2" id="2" cached="true"/>
    </resource>
    <resource id="bench" resource_agent="ocf:heartbeat:VirtualDomain" role="Stopping" blocked="false" failed="false">
      <node name="h1" id="1" cached="true"/>
      <node name="h2" id="2" cached="true"/>
    </resource>
    <resource id="fence-h2" resource_agent="stonith:fence_ipmilan" role="Stopped" blocked="false" failed="false"/>
    <resource id="fence-h3" resource_agent="stonith:fence_ipmilan" role="Started" blocked="false" failed="true">
      <node name="h1" id="1" cached="true"/>
    </resource>
  </resources>
  <node_history>
    <node name="h2"><resource_history id="bench" orphan="false"/></node>
  </node_history>
</pacemaker-result>`;

describe('what crm_mon says', () => {
  test('is who coordinates, which hosts are members, and where what runs', () => {
    expect(clusterStateOf(crmMon)).toEqual({
      coordinator: 'h2',
      wellHosts: ['h1', 'h2'],
      resources: [
        { id: 'fence-h1', hosts: ['h2'], isWell: true },
        { id: 'bench', hosts: ['h1', 'h2'], isWell: false },
        { id: 'fence-h2', hosts: [], isWell: false },
        { id: 'fence-h3', hosts: ['h1'], isWell: false },
      ],
    });
  });

  test('may be that nobody coordinates yet', () => {
    const early = '<summary><current_dc present="false"/></summary><nodes></nodes><resources></resources>';
    expect(clusterStateOf(early)).toEqual({ coordinator: null, wellHosts: [], resources: [] });
  });
});

test('a start is taken from libvirt\'s lifecycle events, by its own clock and of that domain alone', () => {
  const events = `error: failed to connect to the hypervisor
2026-11-22 10:54:29.786+0000: event 'lifecycle' for domain 'bench': Resumed Unpaused
2026-11-22 10:54:29.787+0000: event 'lifecycle' for domain 'bench': Started Booted
2026-11-22 10:55:00.001+0000: event 'lifecycle' for domain 'other': Started Booted
`;
  expect(startedAt(events, 'bench')).toEqual([Date.parse('2026-11-22T10:54:29.787Z')]);
  expect(startedAt(events, 'none')).toEqual([]);
});
