import type { Io } from './io.js';

const frames = ['|', '/', '-', '\\'];
const frameMs = 120;

/** Long work on stderr: one line that moves on a terminal, plain lines where it goes to a file. */
export class Progress {
  private text = '';
  private timer: NodeJS.Timeout | null = null;
  private readonly startMs = performance.now();

  constructor(
    private readonly io: Io,
    private readonly isSilent: boolean,
  ) {}

  say(text: string): void {
    if (this.isSilent || text === this.text) return;
    this.text = text;
    if (this.io.stderr.isTTY !== true) {
      this.io.stderr.write(`${text}\n`);
      return;
    }
    this.draw();
    this.timer ??= setInterval(() => this.draw(), frameMs);
  }

  end(): void {
    if (this.timer) {
      clearInterval(this.timer);
      this.io.stderr.write('\r\u001b[K');
    }
    this.timer = null;
  }

  private draw(): void {
    const elapsedMs = performance.now() - this.startMs;
    const frame = frames[Math.floor(elapsedMs / frameMs) % frames.length];
    const seconds = (elapsedMs / 1000).toFixed(0);
    this.io.stderr.write(`\r\u001b[K${frame} ${this.text} (${seconds} s)`);
  }
}
