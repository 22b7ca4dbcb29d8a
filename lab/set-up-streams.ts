/** Makes the buckets and the event stream. Run once, inside the lab, with the administrator's key. */
import { readFile } from 'node:fs/promises';
import { setUpStreams } from '@holdfast/bus';

const [file] = process.argv.slice(2);
if (!file) throw new Error('usage: set-up-streams FILE');
const { seedFile, ...options } = JSON.parse(await readFile(file, 'utf8')) as {
  servers: string[];
  seedFile: string;
  caFile: string;
  replicas: number;
  incarnation: string;
};
await setUpStreams({ ...options, seed: await readFile(seedFile, 'utf8') });
