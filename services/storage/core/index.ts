export {
  isBelowFloors,
  moved,
  stepAttachment,
  type AttachmentEffect,
  type AttachmentFacts,
} from './attachment.js';
export { admitAttach, admitDetach, admitRevokeHost, emptyRecord, renamed } from './attachment-request.js';
export {
  admitVolumeCreate,
  admitVolumeDelete,
  admitVolumeName,
  deletedFloor,
  stepVolume,
  type VolumeEffect,
  type VolumeFacts,
} from './volume.js';
