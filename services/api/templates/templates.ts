import type { TemplateView } from '@holdfast/client';
import { fromTemplateShape, nameSchema, type TemplateBody } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { noSuch } from '../auth/accounts.js';
import type { Access } from '../auth/permissions.js';
import { isOpenTo, type Principal } from '../auth/principal.js';
import { requireVersion, type Edit } from '../http/edit.js';
import { parsed } from '../http/parse.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { expanded, valuesOf, wrongTemplate, type Wrong } from './expand.js';

const maxTemplates = 1000;
const columns = 'name, version, description, parameters, vm, changed_at AS "changedAt"';

export interface Template extends Required<Pick<TemplateBody, 'parameters' | 'vm'>> {
  name: string;
  version: string;
  description: string;
  changedAt: Date;
}

const using: Access = { scope: 'project', permission: 'template.read' };
const fromTemplateSchema = z.looseObject(fromTemplateShape);
const remedies = {
  template: 'give the name of a template',
  parameters: 'give `parameters` as an object from their names to texts, numbers, true or false',
};

/** The templates that people make. */
export class Templates {
  /** `fields`: what a VM may be created with. */
  constructor(
    private readonly database: Database,
    private readonly fields: readonly string[],
  ) {}

  async list(): Promise<Template[]> {
    const sql = `SELECT ${columns} FROM templates ORDER BY name LIMIT $1`;
    return await this.database.use((manager) => manager.query<Template[]>(sql, [maxTemplates]));
  }

  async show(name: string): Promise<Template> {
    return await this.database.use((manager) => known(manager, name));
  }

  async create(name: string, body: TemplateBody): Promise<Template> {
    this.check(body);
    return await this.database.transaction(async (manager) => {
      // One after another, so that the bound holds.
      await manager.query('LOCK TABLE templates IN SHARE ROW EXCLUSIVE MODE');
      const [taken] = await manager.query<{ count: string; same: string }[]>(
        'SELECT count(*) AS count, count(*) FILTER (WHERE name = $1) AS same FROM templates', [name]);
      if (Number(taken?.same) > 0) {
        const remedy = 'choose another name, or change that template';
        throw new Problem('exists', `there is a template ${name} already`, { field: 'name', remedy });
      }
      if (Number(taken?.count) >= maxTemplates) {
        const remedy = 'delete one that is not needed';
        throw new Problem('conflict', `there are ${maxTemplates} templates already`, { field: 'name', remedy });
      }
      await manager.query('INSERT INTO templates (name, description, parameters, vm) VALUES ($1, $2, $3, $4)',
        [name, ...stored(body)]);
      return await known(manager, name);
    });
  }

  async replace(name: string, body: TemplateBody, edit: Edit): Promise<Template> {
    this.check(body);
    return await this.edit(name, edit, async (manager) => {
      await manager.query(
        `UPDATE templates SET description = $2, parameters = $3, vm = $4, version = gen_random_uuid(),
           changed_at = now() WHERE name = $1`, [name, ...stored(body)]);
      return await known(manager, name);
    }, (before) => ({ ...before, ...body, description: body.description ?? '' }));
  }

  async remove(name: string, edit: Edit): Promise<void> {
    await this.edit(name, edit, async (manager, before) => {
      await manager.query('DELETE FROM templates WHERE name = $1', [name]);
      return before;
    }, (before) => before);
  }

  /** What a VM is to be created with: as it was asked for, and where a template was named, over what comes of that. */
  async filledIn(asked: unknown, principal: Principal | null): Promise<unknown> {
    if (asked === null || typeof asked !== 'object' || !Object.hasOwn(asked, 'template')) return asked;
    const { template: name, parameters: given, ...own } = parsed(fromTemplateSchema, asked, remedies);
    if (!isOpenTo(using, principal)) {
      const remedy = 'ask an administrator for it';
      throw new Problem('forbidden', 'this needs the permission template.read', { remedy });
    }
    const { parameters, vm } = await this.show(name);
    const read = valuesOf(parameters, given);
    if ('wrong' in read) throw problemOf(read.wrong);
    return { ...expanded(vm, read.values), ...own };
  }

  private check(body: TemplateBody): void {
    const wrong = wrongTemplate(body, this.fields);
    if (wrong) throw problemOf(wrong);
  }

  private async edit(
    name: string,
    edit: Edit,
    change: (manager: EntityManager, before: Template) => Promise<Template>,
    would: (before: Template) => Template,
  ): Promise<Template> {
    return await this.database.transaction(async (manager) => {
      const before = await known(manager, name, 'FOR UPDATE');
      requireVersion(edit, before.version);
      return edit.dryRun ? would(before) : await change(manager, before);
    });
  }
}

/** Without what only its guests may know, unless `isWhole`. */
export function templateView({ version: _, changedAt, vm, ...rest }: Template, isWhole: boolean): TemplateView {
  const { cloudInit } = vm;
  const hidden = isWhole || cloudInit === undefined ? {} : { cloudInit: lengthsOf(cloudInit) };
  return { ...rest, vm: { ...vm, ...hidden }, changedAt: changedAt.toISOString() };
}

function lengthsOf(cloudInit: unknown): Record<string, string> {
  const parts = cloudInit !== null && typeof cloudInit === 'object' ? Object.entries(cloudInit) : [];
  return Object.fromEntries(parts.map(([name, text]) => [name, `(${String(text).length} characters)`]));
}

async function known(manager: EntityManager, name: string, lock = ''): Promise<Template> {
  if (!nameSchema.safeParse(name).success) throw noSuch('template', name);
  const rows = await manager.query<Template[]>(`SELECT ${columns} FROM templates WHERE name = $1 ${lock}`, [name]);
  if (!rows[0]) throw noSuch('template', name);
  return rows[0];
}

const stored = ({ description = '', parameters, vm }: TemplateBody): string[] =>
  [description, JSON.stringify(parameters), JSON.stringify(vm)];

function problemOf({ field, message, remedy }: Wrong): Problem {
  return new Problem('invalid', `${field}: ${message}`, { field, remedy });
}
