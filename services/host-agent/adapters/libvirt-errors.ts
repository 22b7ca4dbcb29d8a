/** How libvirt's and the connection's errors become those of the port. */
import { HypervisorError } from '../ports.js';
import { errorCode } from './libvirt-rpc/procedures.js';
import { LibvirtError, RpcError } from './libvirt-rpc/rpc.js';

/** Whether it is, or was caused by, one of these of libvirt's errors. */
export function isLibvirtError(error: unknown, ...codes: number[]): boolean {
  const original = error instanceof HypervisorError ? error.cause : error;
  return original instanceof LibvirtError && codes.includes(original.code);
}

export function toHypervisorError(error: unknown): HypervisorError {
  if (error instanceof HypervisorError) return error;
  if (error instanceof RpcError) {
    const code = error.reason === 'overloaded' ? 'refused' : error.reason;
    return new HypervisorError(code, error.message, { cause: error });
  }
  if (error instanceof LibvirtError) {
    return new HypervisorError(codeOf(error), error.message, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new HypervisorError('internal', message, { cause: error });
}

/**
 * Libvirt says "operation invalid" of a domain that is not running; a transient one that does not
 * run is gone.
 */
function codeOf(error: LibvirtError): HypervisorError['code'] {
  switch (error.code) {
    case errorCode.noDomain:
      return 'no-domain';
    case errorCode.operationTimeout:
      return 'timeout';
    case errorCode.operationInvalid:
      return /not running/.test(error.message) ? 'no-domain' : 'refused';
    case errorCode.internal:
      return 'internal';
    default:
      return 'refused';
  }
}

/** A call of libvirt whose errors are those of the port. */
export async function typed<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw toHypervisorError(error);
  }
}

export function ignoreGone(error: unknown): void {
  if (!isLibvirtError(error, errorCode.noDomain) && toHypervisorError(error).code !== 'no-domain')
    throw error;
}
