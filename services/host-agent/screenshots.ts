import { randomUUID } from 'node:crypto';
import { accepted, maxScreenshotPartBytes, refused, type agentScreenshot, type Reply } from '@holdfast/contracts';
import type { Clock } from '@holdfast/runtime';
import { HypervisorError, type Hypervisor } from './ports.js';

const keptForMs = 30_000;
/** Being taken or fetched, each of some MB at most. */
const maxAtOnce = 4;

type Asked = typeof agentScreenshot.request._output;
type Part = typeof agentScreenshot.value._output;

interface Kept {
  vm: string;
  png: Buffer;
}

/** What guests have on their screens, told in parts: a message of the bus has no room for more. */
export class Screenshots {
  private readonly kept = new Map<string, Kept>();
  private beingTaken = 0;

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly clock: Clock,
  ) {}

  async part({ vm, screenshot, part }: Asked): Promise<Reply<Part>> {
    if (screenshot === null) return await this.take(vm);
    const kept = this.kept.get(screenshot);
    if (kept?.vm === vm) return this.told(screenshot, kept, part);
    return refused('conflict', 'that screenshot is not kept any more', { remedy: 'take another' });
  }

  private async take(vm: string): Promise<Reply<Part>> {
    if (this.kept.size + this.beingTaken >= maxAtOnce) {
      return refused('unavailable', 'this host is busy with other screenshots');
    }
    this.beingTaken += 1;
    try {
      const kept = { vm, png: await this.hypervisor.screenshot(vm) };
      const id = randomUUID();
      this.kept.set(id, kept);
      this.clock.after(keptForMs, () => this.kept.delete(id));
      return this.told(id, kept, 0);
    } catch (error) {
      if (!(error instanceof HypervisorError)) throw error;
      const remedy = 'see that it runs; one that was started before it had a screen has one after a stop and a start';
      return refused('conflict', `there is no screenshot of ${vm}: ${error.message}`.slice(0, 900), { remedy });
    } finally {
      this.beingTaken -= 1;
    }
  }

  /** With its last part it is done with. */
  private told(id: string, { png }: Kept, part: number): Reply<Part> {
    const parts = Math.max(1, Math.ceil(png.length / maxScreenshotPartBytes));
    if (part >= parts - 1) this.kept.delete(id);
    const bytes = png.subarray(part * maxScreenshotPartBytes, (part + 1) * maxScreenshotPartBytes);
    return accepted({ screenshot: id, parts, bytes: bytes.toString('base64') });
  }
}
