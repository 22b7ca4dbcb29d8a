import { describe, expect, test } from 'vitest';
import { LabError } from './errors.js';
import { fabricBatch, fabricLink, hostsFile, linksBatch, NETWORKS, planNodes } from './plan.js';

const plan = planNodes({ hosts: 3, controlNodes: 1 });

describe('the plan of a lab', () => {
  test('every node is on the networks of its kind', () => {
    expect(plan.map((node) => `${node.name}: ${node.networks.join(' ')}`)).toEqual([
      'san1: management storage',
      'control1: management bmc',
      'bmc-h1: bmc', 'bmc-h2: bmc', 'bmc-h3: bmc',
      'h1: management storage guest private',
      'h2: management storage guest private',
      'h3: management storage guest private',
    ]);
  });

  test('no address, MAC address or interface is used twice, even in the largest lab', () => {
    const largest = planNodes({ hosts: 64, controlNodes: 5, controlOnHosts: true });
    const addresses = largest.flatMap((node) => Object.values(node.addresses));
    const links = largest.flatMap((node) => node.networks.map((n) => fabricLink(node.name, n)));
    const macs = largest.map(fabricBatch).join('').match(/02(:[0-9a-f]{2}){5}/g) ?? [];
    for (const names of [addresses, links, macs]) expect(new Set(names).size).toBe(names.length);
    expect(links.filter((link) => link.length > 15)).toEqual([]);
  });

  test('a name is the management address, and the other networks are suffixes', () => {
    const lines = hostsFile(plan).split('\n');
    expect(lines).toContain('198.18.1.11 h1');
    expect(lines).toContain('198.18.2.11 h1-storage');
    expect(lines).toContain('198.18.2.201 san1-storage');
    expect(lines).toContain('198.18.4.11 bmc-h1');
    expect(lines).toContain('198.18.4.2 control1-bmc');
  });

  test('a host bridges the guest network, and asks its guests from an address of its own there', () => {
    const host = plan.find((node) => node.name === 'h2');
    expect(host?.addresses.guest).toBeUndefined();
    expect(linksBatch(host!)).toContain('link set guest-uplink master br-guest');
    expect(linksBatch(host!)).toContain(`addr add 198.19.0.${host?.number}/16 dev br-guest`);
    expect(NETWORKS).toContain('guest');
    expect(linksBatch(host!)).toContain('link set private-uplink master br-private');
  });

  test.each([0, -1, 1.5, 65, Number.NaN])('%s hosts are refused by name of field', (hosts) => {
    expect(() => planNodes({ hosts })).toThrow(LabError);
    expect(() => planNodes({ hosts })).toThrow(/^hosts must be/);
  });

  test('three control nodes are nodes of their own, or the first three hosts, which then reach the BMCs', () => {
    const control = (nodes: typeof plan): string[] =>
      nodes.filter(({ runsControl }) => runsControl).map(({ name, addresses }) => `${name} ${addresses.bmc}`);
    expect(control(planNodes({ hosts: 4, controlNodes: 3 }))).toEqual(
      ['control1 198.18.4.2', 'control2 198.18.4.3', 'control3 198.18.4.4']);
    const onHosts = planNodes({ hosts: 4, controlNodes: 3, controlOnHosts: true });
    expect(control(onHosts)).toEqual(['h1 198.18.4.101', 'h2 198.18.4.102', 'h3 198.18.4.103']);
    expect(onHosts.filter(({ kind }) => kind === 'control').map(({ name }) => name)).toEqual(['control1']);
  });

  test.each([0, 2, 4, 7])('%s control nodes are refused: no majority to spare, or no room', (controlNodes) => {
    expect(() => planNodes({ hosts: 3, controlNodes })).toThrow(/^controlNodes must be 1, 3, 5/);
  });

  test('hosts that are too few to be control nodes are refused', () => {
    expect(() => planNodes({ hosts: 2, controlNodes: 3, controlOnHosts: true })).toThrow(/^hosts must be at least 3/);
  });
});
