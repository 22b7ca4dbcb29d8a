import { readdir, readFile } from 'node:fs/promises';

/** The processes of this machine that show the text in their command line or their environment. */
export async function processesShowing(file: 'cmdline' | 'environ', text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const content = await readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
    if (content.includes(text)) found.push((await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => pid)).trim());
  }
  return found;
}

/** Who showed the secret, in either place, at any moment while the work was going on. */
export async function showingWhile(secret: string, work: Promise<unknown>): Promise<Set<string>> {
  const shown = new Set<string>();
  let isOver = false;
  const ended = work.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  while (!isOver) {
    for (const file of ['cmdline', 'environ'] as const) {
      for (const name of await processesShowing(file, secret)) shown.add(`${name} (${file})`);
    }
  }
  await ended;
  return shown;
}
