import { agentScreenshot } from '@holdfast/contracts';
import type { Commands } from '../commands.js';

/** What is on a VM's screen, fetched from its host part by part. */
export async function screenshotOf(
  commands: Commands,
  vm: string,
  options: { requestId: string; node: string },
): Promise<Buffer> {
  const first = await commands.send(agentScreenshot, { vm, screenshot: null, part: 0 }, options);
  const { screenshot, parts } = first;
  const texts = [first.bytes];
  for (let part = 1; part < parts; part += 1) {
    const { bytes } = await commands.send(agentScreenshot, { vm, screenshot, part }, options);
    texts.push(bytes);
  }
  return Buffer.concat(texts.map((text) => Buffer.from(text, 'base64')));
}
