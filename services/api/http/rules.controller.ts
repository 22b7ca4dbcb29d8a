import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import type { ChangedRule, Page, RuleView } from '@holdfast/client';
import { nameSchema, ruleDelete, rulePut, ruleSpecSchema } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { ruleList } from '../lists.js';
import { ruleView } from '../views.js';
import { editOf, tellVersion } from './edit.js';
import { listOf } from './list.js';
import { parsed } from './parse.js';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';

@Controller('api/v1/rules')
export class RulesController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  list(@Query() query: unknown): Page<RuleView> {
    return listOf(ruleList, this.view.presentRules(), query);
  }

  @Get(':rule')
  show(@Param('rule') id: string, @Res({ passthrough: true }) response: Response): RuleView {
    const rule = this.view.presentRules().find((each) => each.id === id);
    if (!rule) throw unknown('rule', id, this.names());
    tellVersion(response, rule);
    return ruleView(rule);
  }

  /** Makes it, or replaces the one of that name. */
  @Put(':rule')
  @HttpCode(200)
  async put(
    @Param('rule') id: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<ChangedRule> {
    if (!nameSchema.safeParse(id).success) {
      throw new Problem('invalid', `rule: ${JSON.stringify(id.slice(0, 100))} is not a name`, {
        field: 'rule',
        remedy: 'choose a name of 1 to 40 lower-case letters, digits and dashes that starts with a letter',
      });
    }
    const spec = parsed(ruleSpecSchema, body ?? {});
    const edit = editOf(request);
    const operation = operationOf(request, { rule: id, spec, ...edit });
    const requestId = requestIdOf(request);
    const changed = await this.commands.send(rulePut, { operation, rule: id, spec, ...edit }, { requestId });
    if (edit.dryRun) return changed;
    const wanted = JSON.stringify(spec);
    await this.view.seenIn(this.view.rules, id, (rule) => JSON.stringify(rule?.spec) === wanted);
    return changed;
  }

  @Delete(':rule')
  @HttpCode(200)
  async delete(@Param('rule') id: string, @Req() request: Request): Promise<ChangedRule> {
    if (!nameSchema.safeParse(id).success) throw unknown('rule', id, this.names());
    const edit = editOf(request);
    const operation = operationOf(request, { rule: id, ...edit });
    const requestId = requestIdOf(request);
    const changed = await this.commands.send(ruleDelete, { operation, rule: id, ...edit }, { requestId });
    if (edit.dryRun) return changed;
    await this.view.seenIn(this.view.rules, id, (rule) => rule?.state !== 'active');
    return changed;
  }

  private names(): string[] {
    return this.view.presentRules().map(({ id }) => id);
  }
}
