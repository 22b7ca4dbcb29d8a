import { Body, Controller, Get, HttpCode, Inject, Put, Req } from '@nestjs/common';
import { defaultSettings, settingsChangeSchema, settingsKey, settingsSet, type Settings } from '@holdfast/contracts';
import type { Request } from 'express';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf } from '../commands.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

@Controller('api/v1/settings')
export class SettingsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  show(): Settings {
    return this.view.settings.value(settingsKey)?.settings ?? defaultSettings;
  }

  /** Only what the body names changes; answers with all of them. */
  @Put()
  @HttpCode(200)
  async change(@Body() body: unknown, @Req() request: Request): Promise<Settings> {
    const change = parsed(settingsChangeSchema, body ?? {});
    const operation = operationOf(request, change);
    const settings = await this.commands.send(settingsSet, { operation, change }, { requestId: requestIdOf(request) });
    const wanted = JSON.stringify(settings);
    await this.view.seenIn(this.view.settings, settingsKey, () => JSON.stringify(this.show()) === wanted);
    return settings;
  }
}
