import { existsSync } from 'node:fs';
import { stateDirectoryPath } from './state-directory.js';
import { LabError } from './errors.js';
import { killInstance, lockState, removeState } from './instance.js';

const LOCK_WAIT_MS = 20_000;

/**
 * Ends a lab, whatever state it is in, and removes all it made: also after a crash half-way through
 * `up`, and also if there is nothing to end.
 */
export async function labDown(stateDirectory: string): Promise<void> {
  const state = await stateDirectoryPath(stateDirectory);
  if (!existsSync(state)) return;
  // First kill, so that an `up` still at work fails and lets go of the lock; then again under the
  // lock, as it may have started something in between.
  await killInstance(state);
  const lock = await lockState(state, LOCK_WAIT_MS);
  if (lock === null) {
    throw new LabError('busy', `someone else works on the lab in ${state}; remedy: try again`);
  }
  try {
    await killInstance(state);
    await removeState(state);
  } finally {
    await lock.release();
  }
}
