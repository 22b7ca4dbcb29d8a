export {
  isBelowFloors,
  moved,
  stepAttachment,
  type AttachmentEffect,
  type AttachmentFacts,
} from './attachment.js';
export { admitAttach, admitDetach, admitRevokeHost, emptyRecord } from './attachment-request.js';
export {
  admitVolumeCreate,
  admitVolumeDelete,
  deletedFloor,
  stepVolume,
  type VolumeEffect,
  type VolumeFacts,
} from './volume.js';
