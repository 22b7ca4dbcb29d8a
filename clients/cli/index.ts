export { clientFilePath, stateDirectory } from './connection.js';
export type { ClientFile } from './connection.js';
export type { Io } from './io.js';
export { run } from './run.js';
