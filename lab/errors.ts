/** What a verb of the lab could not do, in a word for programs. */
export type LabErrorCode =
  | 'already-running' // another instance lives in this state directory
  | 'busy' // another `up` or `down` works on this state directory
  | 'not-supported' // this machine or account cannot run a lab
  | 'invalid-argument'
  | 'unknown-node'
  | 'unknown-program'
  | 'node-off'
  | 'instance-gone' // the instance died while it was being used
  | 'timeout'
  | 'failed';

/** Every error the lab throws; the message names the remedy where there is one. */
export class LabError extends Error {
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LabError';
    this.code = code;
  }
}
