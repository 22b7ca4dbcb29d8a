/** How walks begin, and what has to be so at their end. */
import { unsettled } from '../check/liveness.js';
import type { Stage } from './walk.js';

export const isRunning = (stage: Stage): boolean => stage.vm()?.phase === 'running';
const isRunningOn = (stage: Stage, on: string): boolean =>
  isRunning(stage) && stage.vm()?.assignment?.host === on;

/** A VM that runs on h1. */
export function running(stage: Stage, disks = 1): void {
  stage.create('h1', disks);
  stage.reach('running', () => isRunningOn(stage, 'h1') && unsettled(stage.world).length === 0);
}

export const mustRun = (stage: Stage): string[] => (isRunning(stage) ? [] : [`the VM is ${stage.vm()?.phase}`]);
export const mustBeDone = (stage: Stage): string[] =>
  stage.outcome() === 'done' ? [] : [`what was asked for is ${String(stage.outcome())}`];
