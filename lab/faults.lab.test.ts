import { hostFaultSuite, serviceFaultSuite } from './testing/fault-suite.js';
import { isolationSuite } from './testing/isolation-suite.js';
import { scenarioSuite } from './testing/scenario-suite.js';
import { inWholeSystem } from './testing/whole-system.js';

inWholeSystem([scenarioSuite, serviceFaultSuite, hostFaultSuite, isolationSuite]);
