import { join } from 'node:path';
import { LabError } from '../errors.js';
import { repositoryDirectory } from '../tools.js';
import type { AgentAnswer, AgentOrder, Numbered } from './agent-messages.js';
import { OwnedProcess } from './owned-process.js';

const answerWithinMs = 300_000;

/** Some of the fleet's agents, in one process, seen from outside. */
export class AgentsProcess {
  private readonly waiting = new Map<number, (answer: AgentAnswer) => void>();
  private lastId = 0;

  private constructor(readonly process: OwnedProcess) {
    process.child.on('message', (message) => {
      const { id, body } = message as Numbered<AgentAnswer>;
      this.waiting.get(id)?.(body);
    });
    process.child.on('exit', () => {
      for (const answer of this.waiting.values()) answer({ failure: 'the process has ended' });
    });
  }

  static async start(name: string, logFile: string): Promise<AgentsProcess> {
    const main = join(repositoryDirectory(), 'lab', 'dist', 'fleet', 'agents-main.js');
    return new AgentsProcess(
      await OwnedProcess.start({ name, command: process.execPath, args: [main], logFile, ipc: true }),
    );
  }

  /** @throws LabError when it could not be done. */
  async order(body: AgentOrder): Promise<AgentAnswer> {
    this.lastId += 1;
    const id = this.lastId;
    const numbered: Numbered<AgentOrder> = { id, body };
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<AgentAnswer>((resolve) => {
      timer = setTimeout(() => resolve({ failure: 'it does not answer' }), answerWithinMs);
      this.waiting.set(id, resolve);
      this.process.child.send(numbered, (error) => error && resolve({ failure: error.message }));
    });
    clearTimeout(timer);
    this.waiting.delete(id);
    if (answer.failure === undefined) return answer;
    throw new LabError('failed', `${this.process.name}, ${body.kind}: ${answer.failure}`);
  }
}
