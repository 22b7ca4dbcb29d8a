import { cloudInitSuite } from './testing/cloud-init-suite.js';
import { diskImageSuite } from './testing/disk-image-suite.js';
import { drillSuite } from './testing/drill-suite.js';
import { lastWordSuite } from './testing/last-word-suite.js';
import { needsSuite } from './testing/needs-suite.js';
import { policySuite } from './testing/policy-suite.js';
import { storageLossSuite } from './testing/storage-loss-suite.js';
import { badInputSuite, vmLifeSuite } from './testing/vm-life-suite.js';
import { inWholeSystem } from './testing/whole-system.js';

inWholeSystem([
  ...[vmLifeSuite, lastWordSuite, badInputSuite, needsSuite, policySuite, drillSuite, storageLossSuite],
  cloudInitSuite, diskImageSuite,
]);
