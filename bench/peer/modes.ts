/** The two ways in which the peer is set up, and why each setting is as it is. */

export const peerModes = ['default', 'tuned'] as const;
export type PeerMode = (typeof peerModes)[number];

export interface PeerSetting {
  where: 'totem' | 'cluster' | 'fence_ipmilan';
  name: string;
  value: string;
  reason: string;
}

/** What has to be said in both modes; everything else is left at what Debian ships. */
const always: readonly PeerSetting[] = [
  { where: 'fence_ipmilan', name: 'lanplus', value: '1', reason: 'the BMCs speak IPMI 2.0' },
  {
    where: 'fence_ipmilan', name: 'cipher', value: '3',
    reason: 'ipmitool first tries a suite that the BMCs lack, and waits 10 s',
  },
];

/** Each that can make the peer faster, as fast as it goes. */
const tuned: readonly PeerSetting[] = [
  { where: 'totem', name: 'token', value: '1000', reason: 'ms of silence, instead of 3000; consensus follows: 1200' },
  { where: 'totem', name: 'token_coefficient', value: '0', reason: 'else 650 ms are added for the third host' },
  {
    where: 'cluster', name: 'stonith-action', value: 'off',
    reason: 'power that is off is the proof; nobody waits until it is on again',
  },
  { where: 'cluster', name: 'priority-fencing-delay', value: '0', reason: 'no host is spared; 0 is its default' },
  { where: 'fence_ipmilan', name: 'power_wait', value: '0', reason: 'instead of 2 s after each command' },
  { where: 'fence_ipmilan', name: 'delay', value: '0', reason: 'no wait before fencing; 0 is its default' },
  {
    where: 'fence_ipmilan', name: 'stonith_status_sleep', value: '0',
    reason: 'instead of 1 s between two readings of the power',
  },
  { where: 'fence_ipmilan', name: 'pcmk_delay_base', value: '0', reason: 'no wait before fencing; 0 is its default' },
  { where: 'fence_ipmilan', name: 'pcmk_delay_max', value: '0', reason: 'nor a random one; 0 is its default' },
];

export function settingsOf(mode: PeerMode): PeerSetting[] {
  return mode === 'default' ? [...always] : [...always, ...tuned];
}

/** Of one place, as name and value. */
export function valuesOf(mode: PeerMode, where: PeerSetting['where']): [string, string][] {
  return settingsOf(mode).filter((setting) => setting.where === where).map(({ name, value }) => [name, value]);
}
