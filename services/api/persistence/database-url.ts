import { readFile, stat } from 'node:fs/promises';
import { DatabaseError } from './failure.js';

/** Where another than the configured database is given. */
export const databaseUrlVariable = 'HOLDFAST_DATABASE_URL';

/**
 * The URL to connect with, which holds a password; null: there is no database.
 * @param given what the environment says; it wins over the file.
 * @throws DatabaseError for a file that is open to others or cannot be read. It never tells what is in it.
 */
export async function readDatabaseUrl(file: string | undefined, given: string | undefined): Promise<string | null> {
  if (given !== undefined) return checked(given, databaseUrlVariable);
  if (file === undefined) return null;
  let url: string;
  let mode: number;
  try {
    mode = (await stat(file)).mode;
    url = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new DatabaseError(`databaseUrlFile: ${file} cannot be read`, { cause: error });
  }
  if ((mode & 0o077) !== 0) throw new DatabaseError(`${file} is open to others; run: chmod 600 ${file}`);
  return checked(url, file);
}

function checked(url: string, where: string): string {
  if (/^postgres(ql)?:\/\/\S+$/.test(url)) return url;
  throw new DatabaseError(`${where} holds no URL such as postgresql://USER:PASSWORD@HOST:5432/DATABASE`);
}
