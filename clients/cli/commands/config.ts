import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { addressOf } from '../connection.js';
import { contextNameSchema, knownContext, readContexts, writeContexts, type Context } from '../contexts.js';
import { UsageError } from '../failure.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

interface SetFlags extends JsonFlag {
  api: string;
  tokenFile?: string;
  caFile?: string;
  use?: boolean;
}

/** `config`: the systems that this person works with. */
export const registerConfig: Register = (program, session) => {
  const { io, output } = session;
  const group = program.command('config').description('contexts: the systems that you work with, by name');
  withJson(group.command('list'))
    .description('all contexts')
    .action(({ json }: JsonFlag) => {
      const { current, contexts } = readContexts(io.env);
      const all = Object.entries(contexts).map(([name, context]) => ({ name, current: name === current, ...context }));
      if (json) output.json({ items: all });
      else {
        output.table(
          ['', 'CONTEXT', 'API', 'TOKEN FILE', 'AUTHORITY'],
          all.map((each) => [each.current ? '*' : '', each.name, each.api, each.tokenFile ?? '-', each.caFile ?? '-']),
          'no context yet: commands talk to what `up` started here',
        );
      }
    });
  withJson(group.command('set'))
    .description('make a context, or change it')
    .argument('<NAME>', 'what you call the system')
    .requiredOption('--api <URLS>', 'its API, such as https://10.0.0.1:8443; more of the same cluster after commas')
    .option('--token-file <FILE>', 'holds a token; mode 600; left out, sign in with `holdfast login`')
    .option('--ca-file <FILE>', 'the authority that signed its certificate; left out, those that the system trusts')
    .option('--use', 'work with it from now on')
    .action((name: string, flags: SetFlags) => set(session, name, flags));
  withJson(group.command('use'))
    .description('work with this one from now on')
    .addArgument(group.createArgument('[NAME]', 'the context'))
    .addOption(new Option('--local', 'with what `up` started here, as without contexts'))
    .action((name: string | undefined, { json, local }: JsonFlag & { local?: boolean }) => {
      if ((name === undefined) !== (local === true)) throw new UsageError('give the name of a context, or --local');
      const contexts = readContexts(io.env);
      if (name !== undefined) knownContext(contexts, name);
      writeContexts(io.env, { ...contexts, current: name ?? null });
      if (json) output.json({ current: name ?? null });
      else output.line(name === undefined ? 'commands talk to what `up` started here' : `commands talk to ${name}`);
    });
  withJson(group.command('delete'))
    .description('forget a context; its files stay')
    .argument('<NAME>', 'the context')
    .action((name: string, { json }: JsonFlag) => {
      const known = readContexts(io.env);
      knownContext(known, name);
      const { [name]: _, ...contexts } = known.contexts;
      const current = known.current === name ? null : known.current;
      writeContexts(io.env, { current, contexts });
      if (json) output.json({ deleted: name, current });
      else output.line(`${name} is forgotten${current === null ? '; commands talk to what `up` started here' : ''}`);
    });
};

function set(session: Session, name: string, { api, tokenFile, caFile, use, json }: SetFlags): void {
  const { io, output } = session;
  if (!contextNameSchema.safeParse(name).success) {
    throw new UsageError(`${JSON.stringify(name)} cannot be the name of a context`, 'use letters, digits and . _ -');
  }
  for (const file of [tokenFile, caFile]) {
    if (file === undefined || existsSync(file)) continue;
    throw new UsageError(`there is no file ${file}`, 'give the path of a file that is there');
  }
  const context: Context = {
    api,
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
  };
  addressOf({ HOLDFAST_API: api }, undefined);
  const known = readContexts(io.env);
  const current = use === true ? name : known.current;
  writeContexts(io.env, { current, contexts: { ...known.contexts, [name]: context } });
  if (json) output.json({ name, ...context, current: current === name });
  else {
    const more = current === name ? ', and used' : `; \`holdfast config use ${name}\` works with it`;
    output.line(`${name} is set${more}`);
  }
}
