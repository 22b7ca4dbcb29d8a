import { Handles } from '@holdfast/bus';
import {
  canaryCreate,
  canaryDelete,
  canaryEvict,
  capacityProve,
  drainPlan,
  hostMaintenance,
  networkChange,
  networkDelete,
  networkMake,
  placeExplain,
  rebalanceApply,
  rebalancePlan,
  ruleDelete,
  rulePut,
  settingsSet,
  vmCreate,
  vmDelete,
  vmBoot,
  vmNicAdd,
  vmNicRemove,
  vmCdrom,
  vmDescribe,
  vmDiskAdd,
  vmDiskRemove,
  vmMigrate,
  vmPause,
  vmReboot,
  vmRename,
  vmRelocate,
  vmResize,
  vmResume,
  vmSet,
  vmStart,
  vmStop,
  vmSuspend,
  type CapacityReport,
  type DrainPlan,
  type Explanation,
  type RebalancePlan,
  type Reply,
  type Settings,
} from '@holdfast/contracts';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import {
  admitBoot,
  admitNicAdd,
  admitNicRemove,
  admitCdrom,
  admitCreate, admitDescribe, admitDiskAdd, admitDiskRemove, admitPause, admitReboot, admitRelocate, admitResize,
  admitNetworkChange, admitNetworkDelete, admitNetworkMake, admitRename, admitResume, admitSet, admitStart,
  admitSuspend,
} from './core/index.js';
import {
  Scheduler,
  type HostValue,
  type NetworkValue,
  type OperationValue,
  type RuleValue,
  type SchedulerDeps,
} from './scheduler.js';

type Answer = Promise<Reply<OperationValue>>;

@Controller()
class SchedulerController {
  constructor(@Inject(Scheduler) private readonly scheduler: Scheduler) {}

  @Handles(vmCreate)
  create(request: typeof vmCreate.request._output): Answer {
    return this.scheduler.admitMore(request, admitCreate);
  }

  @Handles(vmStart)
  start(request: typeof vmStart.request._output): Answer {
    return this.scheduler.admitMore(request, admitStart);
  }

  @Handles(vmStop)
  stop(request: typeof vmStop.request._output): Answer {
    return this.scheduler.stopVm(request);
  }

  @Handles(vmReboot)
  reboot(request: typeof vmReboot.request._output): Answer {
    return this.scheduler.admit(request, admitReboot);
  }

  @Handles(vmPause)
  pause(request: typeof vmPause.request._output): Answer {
    return this.scheduler.admit(request, admitPause);
  }

  @Handles(vmResume)
  resume(request: typeof vmResume.request._output): Answer {
    return this.scheduler.admit(request, admitResume);
  }

  @Handles(vmSuspend)
  suspend(request: typeof vmSuspend.request._output): Answer {
    return this.scheduler.admit(request, admitSuspend);
  }

  @Handles(vmRename)
  rename(request: typeof vmRename.request._output): Answer {
    return this.scheduler.admitWithin(request, admitRename);
  }

  @Handles(vmMigrate)
  migrate(request: typeof vmMigrate.request._output): Answer {
    return this.scheduler.migrate(request);
  }

  @Handles(vmRelocate)
  relocate(request: typeof vmRelocate.request._output): Answer {
    return this.scheduler.admitWithin(request, admitRelocate);
  }

  @Handles(vmResize)
  resize(request: typeof vmResize.request._output): Answer {
    return this.scheduler.admitMore(request, admitResize);
  }

  @Handles(vmDiskAdd)
  addDisk(request: typeof vmDiskAdd.request._output): Answer {
    return this.scheduler.admitWithin(request, admitDiskAdd);
  }

  @Handles(vmDiskRemove)
  removeDisk(request: typeof vmDiskRemove.request._output): Answer {
    return this.scheduler.admitWithin(request, admitDiskRemove);
  }

  @Handles(vmSet)
  set(request: typeof vmSet.request._output): Answer {
    return this.scheduler.admitWithin(request, admitSet);
  }

  @Handles(vmNicAdd)
  addNic(request: typeof vmNicAdd.request._output): Answer {
    return this.scheduler.admitWithin(request, admitNicAdd);
  }

  @Handles(vmNicRemove)
  removeNic(request: typeof vmNicRemove.request._output): Answer {
    return this.scheduler.admit(request, admitNicRemove);
  }

  @Handles(vmBoot)
  boot(request: typeof vmBoot.request._output): Answer {
    return this.scheduler.admit(request, admitBoot);
  }

  @Handles(vmCdrom)
  cdrom(request: typeof vmCdrom.request._output): Answer {
    return this.scheduler.admit(request, admitCdrom);
  }

  @Handles(vmDescribe)
  describe(request: typeof vmDescribe.request._output): Answer {
    return this.scheduler.admit(request, admitDescribe);
  }

  @Handles(vmDelete)
  remove(request: typeof vmDelete.request._output): Answer {
    return this.scheduler.remove(request);
  }

  @Handles(canaryCreate)
  canaryCreate(request: typeof canaryCreate.request._output): Answer {
    return this.scheduler.canaryCreate(request);
  }

  @Handles(canaryEvict)
  canaryEvict(request: typeof canaryEvict.request._output): Answer {
    return this.scheduler.canaryEvict(request);
  }

  @Handles(canaryDelete)
  canaryDelete(request: typeof canaryDelete.request._output): Answer {
    return this.scheduler.canaryDelete(request);
  }

  @Handles(rulePut)
  putRule(request: typeof rulePut.request._output): Promise<Reply<RuleValue>> {
    return this.scheduler.putRule(request);
  }

  @Handles(ruleDelete)
  deleteRule(request: typeof ruleDelete.request._output): Promise<Reply<RuleValue>> {
    return this.scheduler.deleteRule(request);
  }

  @Handles(networkMake)
  makeNetwork(request: typeof networkMake.request._output): Promise<Reply<NetworkValue>> {
    return this.scheduler.changeNetwork(request, admitNetworkMake);
  }

  @Handles(networkChange)
  changeNetwork(request: typeof networkChange.request._output): Promise<Reply<NetworkValue>> {
    return this.scheduler.changeNetwork(request, admitNetworkChange);
  }

  @Handles(networkDelete)
  deleteNetwork(request: typeof networkDelete.request._output): Promise<Reply<NetworkValue>> {
    return this.scheduler.changeNetwork(request, admitNetworkDelete);
  }

  @Handles(settingsSet)
  setSettings(request: typeof settingsSet.request._output): Promise<Reply<Settings>> {
    return this.scheduler.setSettings(request);
  }

  @Handles(placeExplain)
  explain(request: typeof placeExplain.request._output): Promise<Reply<Explanation>> {
    return this.scheduler.explain(request);
  }

  @Handles(drainPlan)
  planDrain(request: typeof drainPlan.request._output): Promise<Reply<DrainPlan>> {
    return this.scheduler.drainPlan(request);
  }

  @Handles(rebalancePlan)
  rebalancePlan(): Promise<ReturnType<Scheduler['rebalancer']['plan']>> {
    return Promise.resolve(this.scheduler.rebalancer.plan());
  }

  @Handles(rebalanceApply)
  rebalanceApply(request: typeof rebalanceApply.request._output): Promise<Reply<RebalancePlan>> {
    return this.scheduler.rebalancer.apply(request);
  }

  @Handles(capacityProve)
  capacity(request: typeof capacityProve.request._output): Promise<Reply<CapacityReport>> {
    return this.scheduler.capacity(request);
  }

  @Handles(hostMaintenance)
  maintenance(request: typeof hostMaintenance.request._output): Promise<Reply<HostValue>> {
    return this.scheduler.maintenance(request);
  }
}

@Module({})
export class SchedulerModule {
  constructor(@Inject(Scheduler) private readonly scheduler: Scheduler) {}

  static with(deps: SchedulerDeps): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [SchedulerController],
      providers: [{ provide: Scheduler, useFactory: () => new Scheduler(deps) }],
      exports: [Scheduler],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.scheduler.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.scheduler.stop();
  }
}
