import type { CloudEvent } from './transition.js';

/** Of the cluster itself: what belongs to nobody's project is here. It is always there. */
export const defaultProject = 'default';

/** Records of before there were projects name none. */
export function projectOf({ project }: { project?: string | undefined }): string {
  return project ?? defaultProject;
}

/** Null: of an event that is about nothing a project owns. */
export function projectOfEvent({ type, project }: Pick<CloudEvent, 'type' | 'project'>): string | null {
  return project ?? (type.startsWith('io.holdfast.vm.') ? defaultProject : null);
}
