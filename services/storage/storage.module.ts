import { Handles } from '@holdfast/bus';
import {
  attach,
  detach,
  floors,
  hostView,
  leaseClose,
  revokeHost,
  volumeCreate,
  volumeDelete,
  volumeName,
  type Reply,
} from '@holdfast/contracts';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import { Storage, type StorageDeps } from './storage.js';

@Controller()
class StorageController {
  constructor(@Inject(Storage) private readonly storage: Storage) {}

  @Handles(volumeCreate)
  create(
    request: typeof volumeCreate.request._output,
  ): Promise<Reply<typeof volumeCreate.value._output>> {
    return this.storage.createVolume(request);
  }

  @Handles(volumeDelete)
  remove(
    request: typeof volumeDelete.request._output,
  ): Promise<Reply<typeof volumeDelete.value._output>> {
    return this.storage.deleteVolume(request);
  }

  @Handles(volumeName)
  name(request: typeof volumeName.request._output): Promise<Reply<typeof volumeName.value._output>> {
    return this.storage.nameVolume(request);
  }

  @Handles(attach)
  attach(request: typeof attach.request._output): Promise<Reply<typeof attach.value._output>> {
    return this.storage.attach(request);
  }

  @Handles(detach)
  detach(request: typeof detach.request._output): Promise<Reply<typeof detach.value._output>> {
    return this.storage.detach(request);
  }

  @Handles(revokeHost)
  revokeHost(
    request: typeof revokeHost.request._output,
  ): Promise<Reply<typeof revokeHost.value._output>> {
    return this.storage.revokeHost(request);
  }

  @Handles(leaseClose)
  closeLease(
    request: typeof leaseClose.request._output,
  ): Promise<Reply<typeof leaseClose.value._output>> {
    return this.storage.closeLease(request);
  }

  @Handles(floors)
  async floors(request: typeof floors.request._output): Promise<Reply<typeof floors.value._output>> {
    return this.storage.floorsOfHost(request);
  }

  @Handles(hostView)
  async hostView(
    request: typeof hostView.request._output,
  ): Promise<Reply<typeof hostView.value._output>> {
    return this.storage.hostView(request.host);
  }
}

@Module({})
export class StorageModule {
  constructor(@Inject(Storage) private readonly storage: Storage) {}

  static with(deps: StorageDeps): DynamicModule {
    return {
      module: StorageModule,
      controllers: [StorageController],
      providers: [{ provide: Storage, useFactory: () => new Storage(deps) }],
      exports: [Storage],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.storage.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.storage.stop();
  }
}
