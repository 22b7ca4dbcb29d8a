import { join } from 'node:path';
import { loadConfig, runService, serviceConfigSchema, systemClock } from '@holdfast/runtime';
import { z } from 'zod';
import { FloorFile } from './adapters/floor-file.js';
import { TgtStore } from './adapters/tgt-store.js';
import { Storage } from './storage.js';
import { StorageModule } from './storage.module.js';

const configSchema = serviceConfigSchema.extend({
  pool: z.strictObject({ name: z.string(), directory: z.string() }),
  /** Of disk images, which an operator puts there: NAME.qcow2 or NAME.raw each. */
  imageDirectory: z.string().optional(),
  portal: z.strictObject({ address: z.string(), port: z.number().int() }),
  /** Management socket of tgtd. */
  tgtSocket: z.string(),
  /** UDP port on the portal's address where agents are heard over the storage network. */
  heartbeatPort: z.number().int(),
});

const service = await runService({
  config: loadConfig(configSchema),
  module: ({ config, bus, log }) => {
    const { stateDirectory, pool, imageDirectory, portal, tgtSocket, heartbeatPort, incarnation } = config;
    const store = new TgtStore({
      portal,
      socketPath: tgtSocket,
      poolPath: pool.directory,
      ...(imageDirectory === undefined ? {} : { imagePath: imageDirectory }),
      numbersPath: join(stateDirectory, 'target-numbers.json'),
    });
    return StorageModule.with({
      bus,
      clock: systemClock,
      log,
      incarnation,
      store,
      floors: new FloorFile(join(stateDirectory, 'floors.json')),
      pool: pool.name,
      chapKeyFile: join(stateDirectory, 'chap.key'),
      heartbeat: { address: portal.address, port: heartbeatPort },
    });
  },
});

const storage = service.app.get(Storage);
const { metrics, health } = service.context;
health.addCheck('targets', () => (storage.ready ? null : 'the target daemon does not answer'));
const targets = metrics.gauge('holdfast_targets', 'iSCSI targets that are open on this node');
metrics.beforeCollecting(() => targets.set(storage.targetCount()));
