import type { TemplateView } from '@holdfast/client';
import type { TemplateParameter } from '@holdfast/contracts';
import type { Command } from 'commander';
import { parse, stringify } from 'yaml';
import { UsageError } from '../failure.js';
import { clockText, type Column } from '../output.js';
import {
  emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register, type Session,
} from '../session.js';
import { textOf } from '../text-file.js';

export interface TemplateFlags {
  template?: string;
  set?: Record<string, string>;
}

const columns: Column<TemplateView>[] = [
  { heading: 'TEMPLATE', of: ({ name }) => name },
  { heading: 'PARAMETERS', of: ({ parameters }) => Object.keys(parameters).join(', ') || 'none' },
  { heading: 'CHANGED', wide: true, of: ({ changedAt }) => clockText(Date.parse(changedAt)) },
  { heading: 'DESCRIPTION', of: ({ description }) => description },
];

function collectValues(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`--set ${text} is not understood`, 'say NAME=VALUE, for example --set cpus=4');
  }
  return { ...before, [name]: value };
}

/** `vm create` of a template. */
export function withTemplate(command: Command): Command {
  return command
    .option('--template <NAME>', 'make it of this template; other options take the place of what that has')
    .option('--set <PARAMETER=VALUE>', 'a parameter of the template; repeat it for more', collectValues);
}

interface OfTemplate {
  template: string;
  parameters: Record<string, string>;
}

export function templateOf({ template, set }: TemplateFlags): OfTemplate | null {
  if (template !== undefined) return { template, parameters: set ?? {} };
  if (set !== undefined) throw new UsageError('--set is for a parameter of a template', 'name it with --template');
  return null;
}

/** `description`, `parameters` and `vm`; whether they are right is for the API to say. */
async function bodyOf(file: string): Promise<Parameters<Session['templates']['replaceTemplate']>[1]> {
  const text = await textOf(file, '--file');
  try {
    return parse(text) as Parameters<Session['templates']['replaceTemplate']>[1];
  } catch (error) {
    throw new UsageError(`--file: ${file} is not YAML: ${(error as Error).message}`, 'give YAML or JSON');
  }
}

function limitsText(parameter: TemplateParameter): string {
  if (parameter.type === 'choice') return parameter.choices.join(', ');
  if (parameter.type === 'number') return [parameter.min ?? '', parameter.max ?? ''].join(' to ').replace(/^ to $/, '');
  return '';
}

async function show({ output, templates }: Session, name: string, json: boolean | undefined): Promise<void> {
  const template = await templates.template(name);
  if (json) return output.json(template);
  output.fields([
    ['template', template.name],
    ...(template.description === '' ? [] : ([['description', template.description]] as const)),
    ['changed', clockText(Date.parse(template.changedAt))],
  ]);
  output.line();
  output.table(
    ['PARAMETER', 'TYPE', 'DEFAULT', 'LIMITS', 'DESCRIPTION'],
    Object.entries(template.parameters).map(([parameter, each]) => [
      parameter, each.type, each.default === undefined ? 'none: to be given' : String(each.default).slice(0, 60),
      limitsText(each), each.description ?? '',
    ]),
    'no parameters',
  );
  output.line();
  output.line(stringify({ vm: template.vm }).trimEnd());
}

/** `template`: VMs with places for parameters. */
export const registerTemplate: Register = (program, session) => {
  const { output } = session;
  const group = program.command('template').description('templates: VMs with places for parameters');
  withList(group.command('list'), 'name=web')
    .description('all templates')
    .action(async (flags: ListFlags) => {
      const items = await session.client.all<TemplateView>((page) => session.templates.templates(page), flags);
      if (flags.json) output.json({ items });
      else output.list(columns, items, emptyText(flags, 'no template yet; holdfast template create makes one'));
    });
  withJson(group.command('create'))
    .description('make one of a file')
    .argument('<NAME>', 'lower-case letters, digits and dashes')
    .requiredOption('--file <FILE>', 'YAML with `vm`, `parameters` and `description`')
    .option('--replace', 'give the template of that name, which is there, this content')
    .addHelpText('after', `
Example of a file:
  description: a small web server
  parameters:
    cpus: { type: number, min: 1, max: 8, default: 2 }
    stage: { type: choice, choices: [test, production] }
  vm:
    cpus: "{{cpus}}"
    memoryMiB: 512
    labels: { stage: "{{stage}}" }

  holdfast template create web --file web.yaml
  holdfast vm create web1 --template web --set cpus=4 --set stage=test`)
    .action(async (name: string, { file, replace, json }: JsonFlag & { file: string; replace?: boolean }) => {
      const body = await bodyOf(file);
      const { templates } = session;
      const made = await (replace ? templates.replaceTemplate(name, body) : templates.newTemplate({ ...body, name }));
      if (json) output.json(made);
      else output.line(`${name} is ${replace ? 'changed' : 'made'}`);
    });
  withJson(group.command('show'))
    .description('one template, its parameters and what it makes')
    .argument('<NAME>', 'the template')
    .action((name: string, { json }: JsonFlag) => show(session, name, json));
  withJson(group.command('delete'))
    .description('delete it; VMs that were made of it stay as they are')
    .argument('<NAME>', 'the template')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.templates.deleteTemplate(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
};
