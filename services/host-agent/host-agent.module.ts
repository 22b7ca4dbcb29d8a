import { Handles } from '@holdfast/bus';
import {
  agentConsole,
  agentMigrate,
  agentPause,
  agentPlug,
  agentReboot,
  agentReceive,
  agentResize,
  agentResume,
  agentScreenshot,
  agentStart,
  agentStop,
  agentWatch,
  probePeer,
  refused,
  type Reply,
} from '@holdfast/contracts';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import { HostAgent } from './agent.js';
import type { HostAgentDeps } from './agent-deps.js';
import { ConsoleLog } from './console-log.js';
import type { Copies } from './copies.js';
import { PeerProbe } from './peer-probe.js';
import { Screenshots } from './screenshots.js';

type Acceptance = Promise<Reply<typeof agentStart.value._output>>;

@Controller()
class AgentController {
  constructor(
    @Inject(HostAgent) private readonly agent: HostAgent,
    @Inject(ConsoleLog) private readonly consoles: ConsoleLog,
    @Inject(Screenshots) private readonly screenshots: Screenshots,
    @Inject(PeerProbe) private readonly peers: PeerProbe,
  ) {}

  @Handles(agentStart)
  start(request: typeof agentStart.request._output): Acceptance {
    return this.withCopies((copies) => copies.start(request));
  }

  @Handles(agentStop)
  stop(request: typeof agentStop.request._output): Acceptance {
    return this.withCopies((copies) => copies.stop(request));
  }

  @Handles(agentReboot)
  reboot(request: typeof agentReboot.request._output): Acceptance {
    return this.withCopies((copies) => copies.reboot(request));
  }

  @Handles(agentReceive)
  receive(request: typeof agentReceive.request._output): Acceptance {
    return this.withCopies((copies) => copies.receive(request));
  }

  @Handles(agentMigrate)
  migrate(request: typeof agentMigrate.request._output): Acceptance {
    return this.withCopies((copies) => copies.migrate(request));
  }

  @Handles(agentPause)
  pause(request: typeof agentPause.request._output): Acceptance {
    return this.withCopies((copies) => copies.pause(request));
  }

  @Handles(agentResume)
  resume(request: typeof agentResume.request._output): Acceptance {
    return this.withCopies((copies) => copies.resume(request));
  }

  @Handles(agentResize)
  resize(request: typeof agentResize.request._output): Acceptance {
    return this.withCopies((copies) => copies.sizes.resize(request));
  }

  @Handles(agentPlug)
  plug(request: typeof agentPlug.request._output): Acceptance {
    return this.withCopies((copies) => copies.devices.plug(request));
  }

  @Handles(agentWatch)
  watch(request: typeof agentWatch.request._output): Acceptance {
    return this.withCopies((copies) => copies.watch(request));
  }

  @Handles(agentConsole)
  console(request: typeof agentConsole.request._output): Promise<Reply<{ text: string }>> {
    return this.consoles.tail(request.vm, request.maxBytes);
  }

  @Handles(agentScreenshot)
  screenshot(request: typeof agentScreenshot.request._output): Promise<Reply<typeof agentScreenshot.value._output>> {
    return this.screenshots.part(request);
  }

  @Handles(probePeer)
  probe(request: typeof probePeer.request._output): Promise<Reply<typeof probePeer.value._output>> {
    return this.peers.find(request);
  }

  private async withCopies(act: (copies: Copies) => Acceptance): Acceptance {
    if (!this.agent.ready) {
      return refused('unavailable', 'the agent is not connected to its hypervisor yet');
    }
    return await act(this.agent.copies);
  }
}

@Module({})
export class HostAgentModule {
  constructor(@Inject(HostAgent) private readonly agent: HostAgent) {}

  static with(deps: HostAgentDeps & { consoleFile(vm: string): string; peerProbe?: PeerProbe }): DynamicModule {
    return {
      module: HostAgentModule,
      controllers: [AgentController],
      providers: [
        { provide: HostAgent, useFactory: () => new HostAgent(deps) },
        { provide: PeerProbe, useFactory: () => deps.peerProbe ?? new PeerProbe() },
        { provide: Screenshots, useFactory: () => new Screenshots(deps.hypervisor, deps.clock) },
        { provide: ConsoleLog, useFactory: () => new ConsoleLog(deps.consoleFile) },
      ],
      exports: [HostAgent],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.agent.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.agent.stop();
  }
}
