import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { Bus } from '@holdfast/bus';
import { AuditController } from './audit/audit.controller.js';
import { AuditLog } from './audit/audit-log.js';
import { Directory } from './auth/directory.js';
import { Identity } from './auth/identity.js';
import { Oidc } from './auth/oidc.js';
import { OidcController } from './auth/oidc.controller.js';
import { PermissionGuard } from './auth/permission.guard.js';
import { GrantsController, GroupsController, ProjectsController, RolesController } from './auth/roles.controllers.js';
import { SessionController } from './auth/session.controllers.js';
import { UsersController } from './auth/users.controller.js';
import { ClusterView } from './cluster-view.js';
import { Commands } from './commands.js';
import { EventFanout } from './events/event-fanout.js';
import { ClusterController } from './http/cluster.controller.js';
import { DrillsController } from './http/drills.controller.js';
import { EventsController } from './http/events.controller.js';
import { HistoryController } from './http/history.controller.js';
import { HostWordsController } from './http/host-words.controller.js';
import { HostsController } from './http/hosts.controller.js';
import { EditGuard } from './http/edit.guard.js';
import { ProblemFilter } from './http/problem.filter.js';
import {
  IncidentsController,
  OperationsController,
  VolumesController,
} from './http/records.controllers.js';
import { CapacityController } from './http/capacity.controller.js';
import { OpenApiController } from './http/openapi.controller.js';
import { ImagesController } from './http/images.controller.js';
import { LoadsController } from './http/loads.controller.js';
import { PlaceController } from './http/place.controller.js';
import { PrometheusController } from './http/prometheus.controller.js';
import { NetworksController } from './http/networks.controller.js';
import { RulesController } from './http/rules.controller.js';
import { QuotasController } from './http/quotas.controller.js';
import { RebalanceController } from './http/rebalance.controller.js';
import { SettingsController } from './http/settings.controller.js';
import { StatusController } from './http/status.controller.js';
import { UsageController } from './http/usage.controller.js';
import { VmBulkController } from './http/vm-bulk.controller.js';
import { VmChanges } from './http/vm-changes.js';
import { VmDevicesController } from './http/vm-devices.controller.js';
import { VmCloneController } from './http/vm-clone.controller.js';
import { vmFields, VmsController } from './http/vms.controller.js';
import { SchedulesController } from './http/schedules.controller.js';
import { TemplatesController } from './http/templates.controller.js';
import { WebhooksController } from './http/webhooks.controller.js';
import { HistoryWriter } from './history/history-writer.js';
import { LoadSummarizer } from './history/load-summarizer.js';
import { LoadWriter } from './history/load-writer.js';
import { Database } from './persistence/database.js';
import { ScheduleRunner } from './schedules/schedule-runner.js';
import { Schedules } from './schedules/schedules.js';
import { Templates } from './templates/templates.js';
import { Targets } from './webhooks/target.js';
import { WebhookSender } from './webhooks/webhook-sender.js';
import { Quotas } from './quotas/quotas.js';
import { Webhooks } from './webhooks/webhooks.js';
import { VmPower } from './vm-power.js';
import { apiBus, apiConfig, type ApiConfig } from './config.js';

const controllers = [
  StatusController,
  ClusterController,
  HostsController,
  HostWordsController,
  VmsController,
  VmDevicesController,
  VmBulkController,
  VmCloneController,
  PlaceController,
  CapacityController,
  NetworksController,
  RulesController,
  RebalanceController,
  SettingsController,
  VolumesController,
  ImagesController,
  IncidentsController,
  DrillsController,
  OperationsController,
  EventsController,
  HistoryController,
  LoadsController,
  UsageController,
  TemplatesController,
  SchedulesController,
  WebhooksController,
  PrometheusController,
  SessionController,
  OidcController,
  UsersController,
  RolesController,
  GrantsController,
  GroupsController,
  ProjectsController,
  QuotasController,
  AuditController,
  OpenApiController,
];

/** `view` and `database` are started already, and closed with the application. */
@Module({})
export class ApiModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Database) private readonly database: Database,
    @Inject(AuditLog) private readonly audit: AuditLog,
    @Inject(HistoryWriter) private readonly history: HistoryWriter,
    @Inject(LoadSummarizer) private readonly loads: LoadSummarizer,
    @Inject(LoadWriter) private readonly loadHistory: LoadWriter,
    @Inject(Webhooks) private readonly webhooks: Webhooks,
    @Inject(WebhookSender) private readonly webhookSender: WebhookSender,
    @Inject(ScheduleRunner) private readonly scheduleRunner: ScheduleRunner,
    @Inject(Quotas) private readonly quotas: Quotas,
  ) {}

  static of(
    config: ApiConfig, bus: Bus, view: ClusterView, identity: Identity, database: Database,
    audit: AuditLog,
  ): DynamicModule {
    const directory = new Directory(database);
    identity.accept(directory.tokens.verify);
    const { webhookKeyFile, webhookTargets = [] } = config;
    const targets = new Targets(webhookTargets);
    const commands = new Commands(bus, view);
    const power = new VmPower(commands, view, audit);
    const schedules = new Schedules(database);
    return {
      module: ApiModule,
      controllers,
      providers: [
        { provide: apiBus, useValue: bus },
        { provide: apiConfig, useValue: config },
        { provide: Identity, useValue: identity },
        { provide: Directory, useValue: directory },
        { provide: Oidc, useValue: new Oidc(directory, config.oidc) },
        { provide: AuditLog, useValue: audit },
        { provide: APP_GUARD, useClass: PermissionGuard },
        { provide: APP_GUARD, useClass: EditGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: ClusterView, useValue: view },
        { provide: Database, useValue: database },
        { provide: HistoryWriter, useValue: new HistoryWriter(bus, database, config) },
        { provide: LoadSummarizer, useValue: new LoadSummarizer(bus, view) },
        { provide: LoadWriter, useValue: new LoadWriter(bus, database, config) },
        { provide: Templates, useValue: new Templates(database, vmFields) },
        { provide: Webhooks, useValue: new Webhooks(database, webhookKeyFile, targets) },
        { provide: WebhookSender, useValue: new WebhookSender(database, { webhookKeyFile, targets }) },
        { provide: Quotas, useValue: new Quotas(database, view, config.incarnation) },
        { provide: EventFanout, useValue: new EventFanout(bus) },
        { provide: Commands, useValue: commands },
        VmChanges,
        { provide: VmPower, useValue: power },
        { provide: Schedules, useValue: schedules },
        { provide: ScheduleRunner, useValue: new ScheduleRunner(database, schedules, view, power) },
      ],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.history.start();
    await this.loads.start();
    this.loadHistory.start();
    this.webhookSender.start();
    this.scheduleRunner.start();
    this.quotas.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.quotas.close();
    await this.scheduleRunner.close();
    await this.webhookSender.close();
    await this.webhooks.close();
    await this.loads.close();
    await this.loadHistory.close();
    await this.history.close();
    await this.audit.close();
    await this.view.close();
    await this.database.close();
  }
}
