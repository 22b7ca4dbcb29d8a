import { Body, Controller, Get, HttpCode, Inject, Put, Req, Res } from '@nestjs/common';
import {
  defaultSettings,
  settingsChangeSchema,
  settingsKey,
  settingsSet,
  settingTexts,
  type Settings,
} from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf } from '../commands.js';
import { editOf, tellVersion } from './edit.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

const remedies = Object.fromEntries(Object.entries(settingTexts).map(([key, { remedy }]) => [key, remedy]));

@Controller('api/v1/settings')
export class SettingsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  show(@Res({ passthrough: true }) response: Response): Settings {
    tellVersion(response, this.view.settings.value(settingsKey));
    return this.now();
  }

  private now(): Settings {
    return this.view.settings.value(settingsKey)?.settings ?? defaultSettings;
  }

  /** Only what the body names changes; answers with all of them. */
  @Put()
  @HttpCode(200)
  async change(@Body() body: unknown, @Req() request: Request): Promise<Settings> {
    const change = parsed(settingsChangeSchema, body ?? {}, remedies);
    const edit = editOf(request);
    const operation = operationOf(request, { ...change, ...edit });
    const asked = { operation, change, ...edit };
    const settings = await this.commands.send(settingsSet, asked, { requestId: requestIdOf(request) });
    if (edit.dryRun) return settings;
    const wanted = JSON.stringify(settings);
    await this.view.seenIn(this.view.settings, settingsKey, () => JSON.stringify(this.now()) === wanted);
    return settings;
  }
}
