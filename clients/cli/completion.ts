/** What a shell offers while a command line is typed: the commands and options, and the names of things. */
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import type { Session } from './session.js';

type Completion = ReturnType<typeof tab>;

/** A person waits for it at each key. */
const waitedMs = 1000;
/** A terminal shows no more. */
const namedAtMost = 200;

/** Of which things the argument NAME of a group's commands is; those that make one take a new name. */
const nouns: Record<string, (session: Session) => Promise<string[]>> = {
  vm: async ({ client }) => (await client.vms({ limit: namedAtMost })).items.map(({ name }) => name),
  host: async ({ client }) => (await client.hosts({ limit: namedAtMost })).items.map(({ host }) => host),
  rule: async ({ client }) => (await client.rules({ limit: namedAtMost })).items.map(({ id }) => id),
  network: async ({ client }) => (await client.networks({ limit: namedAtMost })).items.map(({ name }) => name),
  volume: async ({ client }) => (await client.volumes({ limit: namedAtMost })).items.map(({ volume }) => volume),
};
const making = new Set(['create', 'add']);

/** `completion SHELL` writes the script; the shell runs `complete -- WORDS` for what fits next. */
export function addCompletion(program: Command, session: Session): void {
  const completion = tab(program, { completionCommandName: 'completion' });
  program.hook('preAction', async (_, action) => {
    if (action.name() === 'complete') await offerNames(completion, session, action.args);
  });
}

/** Only of the noun that is being typed: nothing else is asked for. */
async function offerNames(completion: Completion, session: Session, words: readonly string[]): Promise<void> {
  const group = words.find((word) => !word.startsWith('-')) ?? '';
  const namesOf = Object.hasOwn(nouns, group) ? nouns[group] : undefined;
  if (!namesOf) return;
  const late = new Promise<string[]>((resolve) => setTimeout(resolve, waitedMs, []).unref());
  // Without a system to ask, the words of the command line are what there is to offer.
  const asked = (async () => await namesOf(session))().catch(() => []);
  const names = await Promise.race([asked, late]);
  for (const [path, command] of completion.commands) {
    const [noun, verb = ''] = path.split(' ');
    if (noun !== group || making.has(verb)) continue;
    const [first] = command.arguments.values();
    if (first) first.handler = (complete) => names.forEach((name) => complete(name, ''));
  }
}
