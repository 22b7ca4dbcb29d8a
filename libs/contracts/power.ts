/** What people do to the power of VMs: of one, of many at once, or at a time to come. */
export const powerActions = ['start', 'stop', 'reboot', 'reset', 'pause', 'resume', 'suspend'] as const;
export type PowerAction = (typeof powerActions)[number];

/** Whether it asks the guest first, unless it is forced. */
export function takesForce(action: PowerAction): boolean {
  return action === 'stop' || action === 'reboot';
}
