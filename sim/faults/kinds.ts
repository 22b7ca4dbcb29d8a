/** Every fault the simulator knows: how it is done to the world, and how it heals. */
import { clockKinds } from './clock-kinds.js';
import { controlKinds } from './control-kinds.js';
import { doubleKinds } from './double-kinds.js';
import type { FaultKind } from './fault.js';
import { guestKinds } from './guest-kinds.js';
import { bmcKinds, hostKinds } from './host-kinds.js';
import { networkKinds } from './network-kinds.js';
import { peopleKinds } from './people-kinds.js';
import { storageKinds } from './storage-kinds.js';

export type { FaultKind, Inflicted } from './fault.js';

const singleKinds: Readonly<Record<string, FaultKind>> = {
  ...hostKinds,
  ...guestKinds,
  ...bmcKinds,
  ...clockKinds,
  ...networkKinds,
  ...controlKinds,
  ...storageKinds,
  ...peopleKinds,
};

export const faultKinds: Readonly<Record<string, FaultKind>> = { ...singleKinds, ...doubleKinds(singleKinds) };
