import { hash32 } from './rng.js';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A short id (12 characters, 60 bits) derived from its cause: the same cause gives the same id. */
export function deriveId(...cause: (string | number)[]): string {
  const text = cause.join('\u0000');
  const words = [hash32(`0${text}`), hash32(`1${text}`)];
  let id = '';
  for (const word of words) {
    for (let shift = 0; shift < 30; shift += 5) id += alphabet[(word >>> shift) & 31];
  }
  return id;
}

/** A locally administered unicast MAC address derived from a VM's uid. */
export function deriveMacAddress(uid: string, nic = 0): string {
  const hash = hash32(nic === 0 ? `mac/${uid}` : `mac/${uid}/${nic}`);
  const octets = [hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255];
  return `52:54:00:${octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':')}`;
}
