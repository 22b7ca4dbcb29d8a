import type { DomainIdentity } from '../ports.js';

/**
 * Whether two identities name the very same copy: a generation counts only within its VM's uid and
 * incarnation.
 */
export function sameCopy(one: DomainIdentity, other: DomainIdentity): boolean {
  return (
    one.vm === other.vm &&
    one.uid === other.uid &&
    one.generation === other.generation &&
    one.incarnation === other.incarnation
  );
}
