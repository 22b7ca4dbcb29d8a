import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A resolver that is slow to say that a name is unknown keeps nobody waiting: each connect asks again. */
const checkedForMs = 2000;

/** A target that webhooks may not reach; the message is for the operator. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  readonly remedy = 'name a public address, or add its network or host name to webhookTargets of the API\'s config';
}

type Resolve = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;
const bySystem: Resolve = (host, answer) => systemLookup(host, { all: true }, answer);

/** Which addresses webhooks may reach: public ones, and those of the networks and host names that are listed. */
export class Targets {
  constructor(
    private readonly listed: readonly string[],
    private readonly resolve: Resolve = bySystem,
  ) {}

  /** Resolves and judges anew at each connect, so that a name that changes its address gains nothing. */
  readonly lookup: LookupFunction = (host, options, answer) => {
    this.resolve(host, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) {
        answer(error ?? Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '');
        return;
      }
      const bad = addresses.find(({ address }) => !this.allows(host, address));
      if (bad) answer(new TargetRefused(`${host} is ${bad.address}, which webhooks may not reach`), '');
      else if (options.all === true) answer(null, addresses);
      else answer(null, first.address, first.family);
    });
  };

  /** @throws TargetRefused for what is not http(s), has a password in it, or has an address that is not allowed. */
  refuseUrl(text: string): void {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !['http:', 'https:'].includes(url.protocol)) {
      throw new TargetRefused('this is not an http or https URL');
    }
    if (url.username !== '' || url.password !== '') throw new TargetRefused('a URL with a password is not kept');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // Nothing is looked up for an address.
    if (isIP(host) !== 0 && !this.allows(host, host)) throw new TargetRefused(`webhooks may not reach ${host}`);
  }

  /** As `refuseUrl`, and looks its name up; a name without an address now may have one later. */
  async check(text: string): Promise<void> {
    this.refuseUrl(text);
    await new Promise<void>((resolve, reject) => {
      setTimeout(resolve, checkedForMs).unref();
      this.lookup(new URL(text).hostname.replace(/^\[|\]$/g, ''), { all: true }, (error) => {
        if (error instanceof TargetRefused) reject(error);
        else resolve();
      });
    });
  }

  private allows(host: string, text: string): boolean {
    if (!ipaddr.isValid(text)) return false;
    if (this.listed.includes(host)) return true;
    if (ipaddr.parse(text).range() === 'unicast') return true;
    const address = ipaddr.process(text);
    return this.listed.filter((each) => each.includes('/')).some((each) => {
      const [network, bits] = ipaddr.parseCIDR(each);
      if (address instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && address.match(network, bits);
      return network instanceof ipaddr.IPv6 && address.match(network, bits);
    });
  }
}
