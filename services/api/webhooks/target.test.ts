import { describe, expect, it } from 'vitest';
import { TargetRefused, Targets } from './target.js';

const inside = ['127.0.0.1', '10.1.2.3', '169.254.169.254', '224.0.0.1', '0.0.0.0', '::1', 'fe80::1', 'fd00::1',
  '::ffff:127.0.0.1', '::ffff:8.8.8.8', '2130706433', '0x7f.1'];

function urlOf(address: string): string {
  return `http://${address.includes(':') ? `[${address}]` : address}/hook`;
}

describe('targets of webhooks', () => {
  it.each(inside)('are refused at %s', (address) => {
    expect(() => new Targets([]).refuseUrl(urlOf(address))).toThrow(TargetRefused);
  });

  it('are web addresses without a password', () => {
    for (const url of ['file:///etc/passwd', 'ftp://8.8.8.8/', 'nothing', 'http://me:word@8.8.8.8/']) {
      expect(() => new Targets([]).refuseUrl(url)).toThrow(TargetRefused);
    }
    expect(() => new Targets([]).refuseUrl('https://8.8.8.8/hook')).not.toThrow();
  });

  it('may be inside where that is listed, by network or by name', async () => {
    const resolve = new Map([['hooks.lan', '10.1.2.3']]);
    const targets = new Targets(['127.0.0.0/8', 'hooks.lan'], (host, answer) =>
      answer(null, [{ address: resolve.get(host) ?? '10.9.9.9', family: 4 }]));
    expect(() => targets.refuseUrl(urlOf('127.0.0.1'))).not.toThrow();
    expect(() => targets.refuseUrl(urlOf('10.1.2.3'))).toThrow(TargetRefused);
    await targets.check('http://hooks.lan/');
    await expect(targets.check('http://other.lan/')).rejects.toThrow('other.lan is 10.9.9.9');
  });
});
