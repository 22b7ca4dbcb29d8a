import { describe, expect, it } from 'vitest';
import { isProbed, probeNames, refusalOf, vmPolicyChangeSchema, vmProbesSchema, vmSpecSchema } from './index.js';

const tcp = { address: '192.0.2.7', port: 80 };

describe('the probes of a VM', () => {
  it('are none unless they are declared', () => {
    const { probes } = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 }).policy;
    expect(probes).toEqual({ panic: false, watchdog: false, agent: null, tcp: [], http: [] });
    expect(isProbed(probes)).toBe(false);
  });

  it('have what an operator would expect where nothing is said', () => {
    const { agent, tcp: [first], http: [page] } = vmProbesSchema.parse({ agent: {}, tcp: [tcp], http: [tcp] });
    const usual = { intervalSeconds: 10, timeoutSeconds: 5, failures: 3, graceSeconds: 60 };
    expect(agent).toEqual(usual);
    expect(first).toEqual({ ...tcp, ...usual });
    expect(page).toEqual({ ...tcp, ...usual, path: '/', status: 200 });
  });

  it('have names', () => {
    const probes = { panic: true, watchdog: true, agent: {}, tcp: [{ ...tcp, address: '2001:db8::1' }], http: [tcp] };
    expect(probeNames(vmProbesSchema.parse(probes))).toEqual([
      'panic', 'watchdog', 'agent', 'tcp [2001:db8::1]:80', 'http 192.0.2.7:80/',
    ]);
  });

  it.each([
    [{ agent: { intervalSeconds: 0 } }, 'agent.intervalSeconds', 'at least 1 seconds'],
    [{ agent: { failures: 101 } }, 'agent.failures', 'at most 100 failures'],
    [{ tcp: [{ address: '192.0.2.7' }] }, 'tcp[0].port', 'give a number'],
    [{ tcp: [{ port: 80 }] }, 'tcp[0].address', "guest's IP address"],
    [{ tcp: [{ ...tcp, address: 'web1' }] }, 'tcp[0].address', "guest's IP address"],
    [{ tcp: [{ ...tcp, address: '127.0.0.1' }] }, 'tcp[0].address', 'not a loopback'],
    [{ tcp: [{ ...tcp, address: '::1' }] }, 'tcp[0].address', 'not a loopback'],
    [{ tcp: [{ ...tcp, address: '224.0.0.1' }] }, 'tcp[0].address', 'multicast'],
    [{ tcp: [{ ...tcp, prot: 1 }] }, 'tcp[0]', 'prot'],
    [{ tcp: Array(5).fill(tcp) }, 'tcp', 'at most 4'],
    [{ http: [{ ...tcp, path: 'health' }] }, 'http[0].path', 'begin with /'],
    [{ http: [{ ...tcp, path: '/a b' }] }, 'http[0].path', 'spaces'],
    [{ http: [{ ...tcp, path: '/\r\nHost:x' }] }, 'http[0].path', 'spaces'],
    [{ http: [{ ...tcp, status: 99 }] }, 'http[0].status', 'at least 100'],
    [{ panic: 'yes' }, 'panic', 'true or false'],
    [{ ping: true }, 'ping', 'ping'],
  ])('%j is refused by the name of what is wrong', (probes, field, says) => {
    const { error } = vmProbesSchema.safeParse(probes);
    const refusal = error ? refusalOf(error) : null;
    expect(refusal).toMatchObject({ field });
    expect(refusal?.message).toContain(says);
  });

  it('are changed whole, and together with nothing else', () => {
    expect(vmPolicyChangeSchema.parse({ probes: { panic: true } })).toEqual({
      probes: vmProbesSchema.parse({ panic: true }),
    });
  });
});
