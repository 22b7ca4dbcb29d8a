import { vmProbesSchema } from '@holdfast/contracts';
import { describe, expect, it } from 'vitest';
import { addProbe, probeLines } from './commands/vm-probe.js';

const given = (...words: string[]) => words.reduce((known, word) => addProbe(word, known), vmProbesSchema.parse({}));

describe('--probe', () => {
  it('adds one to those before it', () => {
    const probes = given('panic', 'agent,interval=5', 'tcp:192.0.2.7:80,failures=2', 'http:[2001:db8::1]:8080/health');
    expect(probes).toEqual(
      vmProbesSchema.parse({
        panic: true,
        agent: { intervalSeconds: 5 },
        tcp: [{ address: '192.0.2.7', port: 80, failures: 2 }],
        http: [{ address: '2001:db8::1', port: 8080, path: '/health' }],
      }),
    );
    expect(given('panic', 'none')).toEqual(vmProbesSchema.parse({}));
  });

  it('takes an address as a browser would', () => {
    expect(given('http://192.0.2.7:80/a,status=204,grace=0').http).toMatchObject([
      { path: '/a', status: 204, graceSeconds: 0 },
    ]);
    expect(given('http:192.0.2.7:80').http).toMatchObject([{ path: '/', status: 200 }]);
  });

  it.each([
    ['ping', 'tcp:ADDRESS:PORT'],
    ['tcp:192.0.2.7', 'tcp:ADDRESS:PORT'],
    ['tcp:192.0.2.7:80/path', 'tcp:ADDRESS:PORT'],
    ['panic,interval=5', 'tcp:ADDRESS:PORT'],
    ['agent,interval', 'for example interval=5'],
    ['agent,pause=5', 'for example interval=5'],
    ['agent,interval=0', 'agent.intervalSeconds: give at least 1 seconds'],
    ['agent,status=200', 'agent'],
    ['tcp:web1:80', "tcp[0].address: give the guest's IP address"],
    ['tcp:127.0.0.1:80', 'not a loopback'],
    ['tcp:192.0.2.7:0', 'tcp[0].port'],
  ])('refuses %s by what is wrong with it', (text, says) => {
    expect(() => given(text)).toThrow(says);
  });

  it('reads as a line each', () => {
    expect(probeLines(given('none'))).toEqual([]);
    expect(probeLines(given('watchdog', 'http:192.0.2.7:80/,failures=1'))).toEqual([
      ['probes', 'watchdog'],
      ['', 'http 192.0.2.7:80/ (200) every 10 s, 1 failure of 5 s, grace 60 s'],
    ]);
  });
});
