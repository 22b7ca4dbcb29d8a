/** What libvirt's lifecycle events say in the words of the port. */
import type { DomainEnding, DomainState } from '../ports.js';
import { lifecycleNames, lifecycleStopped, stoppedNames, type domainStateNames } from './libvirt-rpc/procedures.js';

export function lifecycleChange(
  kind: number,
  detail: number,
): { detail: string; ending?: DomainEnding } {
  const name = lifecycleNames[kind] ?? `lifecycle ${kind}`;
  return kind === lifecycleStopped ? { detail: name, ending: endingOf(detail) } : { detail: name };
}

/** Saving and reverting do not occur here, and whatever libvirt invents next is no clean end. */
function endingOf(detail: number): DomainEnding {
  switch (stoppedNames[detail]) {
    case 'shutdown':
      return 'guest-shutdown';
    case 'destroyed':
      return 'destroyed';
    case 'crashed':
      return 'crashed';
    case 'migrated':
      return 'migrated';
    default:
      return 'failed';
  }
}

export function stateOf(name: (typeof domainStateNames)[number]): DomainState {
  switch (name) {
    case 'nostate':
      return 'unknown';
    case 'pmsuspended':
      return 'paused';
    // It is listed, so its QEMU is there: kept by `on_crash`.
    case 'crashed':
      return 'panicked';
    default:
      return name;
  }
}
