import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FenceAgent } from './fence-agent.js';

const secret = 'Tq9 unusual "secret"';

/** What every agent of the package prints, as far as it matters here. */
const metadataOf = (actions: string[], parameters: string[]): string =>
  [
    ...parameters.map((name) => `<parameter name="${name}" unique="0">`),
    ...actions.map((name) => `<action name="${name}"/>`),
  ].join('\n');
const wholeMetadata = metadataOf(['on', 'off', 'reboot', 'status'], ['ip', 'plug', 'password', 'ssl_insecure']);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-agent-'));
  await writeFile(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true }));

interface Made {
  /** Shell, with `$action` set and the whole of the input in the file `input`. */
  does: string;
  metadata?: string;
  agent?: string;
  parameters?: Record<string, string>;
  timeoutMs?: number;
}

async function agentThat({ does, metadata = wholeMetadata, ...options }: Made): Promise<FenceAgent> {
  const program = join(folder, 'agent.sh');
  await writeFile(join(folder, 'metadata'), metadata);
  const lines = [
    `cat > ${folder}/now`,
    `action=$(sed -n s/^action=//p ${folder}/now)`,
    `cat ${folder}/now >> ${folder}/all`,
    `if [ "$action" = metadata ]; then cat ${folder}/metadata; exit 0; fi`,
    `cp ${folder}/now ${folder}/input`,
    does,
  ];
  await writeFile(program, lines.join('\n'));
  return new FenceAgent({
    name: 'pdu-a',
    agent: 'fence_apc',
    parameters: { ip: '10.0.0.9', plug: '4' },
    secretPaths: { password: join(folder, 'secret') },
    timeoutMs: 10_000,
    command: ['sh', program],
    ...options,
  });
}

const failureOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(() => null, (thrown: unknown) => thrown as Error);
  return `${String(error)} ${String(error?.cause)} ${error?.stack ?? ''}`;
};

describe('a fence agent', () => {
  test('is told all on its standard input, and nothing in its command line or environment', async () => {
    const seen = join(folder, 'seen');
    const power = await agentThat({ does: `tr '\\0' '\\n' < /proc/$$/cmdline > ${seen}; env >> ${seen}` });
    await power.set('off');
    const input = await readFile(join(folder, 'input'), 'utf8');
    expect(input).toBe(`action=off\nip=10.0.0.9\nplug=4\npassword=${secret}\n`);
    expect(await readFile(seen, 'utf8')).toContain('agent.sh');
    expect(await readFile(seen, 'utf8')).not.toContain('unusual');
  });

  test('reads on and off by how it ends', async () => {
    expect(await (await agentThat({ does: 'exit 0' })).read()).toBe('on');
    expect(await (await agentThat({ does: 'exit 2' })).read()).toBe('off');
    await expect((await agentThat({ does: 'exit 1' })).read()).rejects.toMatchObject({ code: 'internal' });
  });

  test('that ends as if it read off has not switched off', async () => {
    await expect((await agentThat({ does: 'exit 2' })).set('off')).rejects.toMatchObject({ code: 'internal' });
  });

  test('and what it has started are killed when they take too long', async () => {
    const power = await agentThat({ does: `sleep 600 & echo $! > ${folder}/child; wait`, timeoutMs: 1500 });
    await expect(power.read()).rejects.toMatchObject({ code: 'timeout' });
    const child = (await readFile(join(folder, 'child'), 'utf8')).trim();
    const state = async (): Promise<string> =>
      await readFile(`/proc/${child}/stat`, 'utf8').then((stat) => stat.split(') ')[1]?.[0] ?? '', () => 'gone');
    await expect.poll(state, { timeout: 10_000 }).toMatch(/gone|Z/);
  });

  test('may print the secret, but no error repeats it', async () => {
    const power = await agentThat({ does: `cat ${folder}/input >&2; exit 1` });
    const failure = await failureOf(power.read());
    expect(failure).toContain('***');
    expect(failure).not.toContain('unusual');
  });

  test('may print without end, and only the beginning is kept', async () => {
    const power = await agentThat({ does: 'head -c 5000000 /dev/zero | tr "\\0" x; exit 1' });
    expect((await failureOf(power.read())).length).toBeLessThan(5000);
  });

  test('that does not know a parameter is not told the secret', async () => {
    const power = await agentThat({ does: 'exit 0', parameters: { ip: '10.0.0.9', outlet: '4' } });
    const failure = power.read();
    await expect(failure).rejects.toMatchObject({ code: 'configuration' });
    await expect(failure).rejects.toThrow('knows no parameter outlet; take pdu-a\'s from `man fence_apc`');
    expect(await readFile(join(folder, 'all'), 'utf8')).not.toContain('unusual');
  });

  test('takes a parameter with dashes for the same with underscores', async () => {
    const power = await agentThat({ does: 'exit 0', parameters: { 'ssl-insecure': '1' } });
    expect(await power.read()).toBe('on');
  });

  test('that cannot reboot, as agents of fabrics and of storage, is no power switch', async () => {
    const metadata = metadataOf(['on', 'off', 'status'], ['ip', 'plug', 'password']);
    const power = await agentThat({ does: 'exit 0', metadata });
    await expect(power.set('off')).rejects.toThrow('it is no power switch: it cannot reboot');
  });

  test('that succeeds while the machine runs on is refused by its name', async () => {
    const power = await agentThat({ does: 'exit 0', agent: 'fence_dummy' });
    await expect(power.set('off')).rejects.toThrow('fence_dummy: it is no proof of power-off');
  });

  test('that is not installed is missed by name', async () => {
    const power = new FenceAgent({
      name: 'pdu-a', agent: 'fence_no_such_agent', parameters: {}, secretPaths: {}, timeoutMs: 5000,
    });
    await expect(power.read()).rejects.toThrow('fence_no_such_agent metadata: there is no such program');
  });
});

describe('the file of a secret', () => {
  test('must be there, be readable by its owner alone, and hold one line', async () => {
    const power = await agentThat({ does: 'exit 0' });
    const path = join(folder, 'secret');
    await chmod(path, 0o640);
    await expect(power.read()).rejects.toThrow(`secret file ${path}: others may read it; set its mode to 600`);
    await writeFile(path, 'one\ntwo\n');
    await chmod(path, 0o600);
    await expect(power.read()).rejects.toThrow('on one line, and nothing else');
    await writeFile(path, '\n');
    await expect(power.read()).rejects.toThrow('on one line, and nothing else');
    await writeFile(path, 'x'.repeat(5000));
    await expect(power.read()).rejects.toThrow('longer than 4096 bytes');
    await rm(path);
    await expect(power.read()).rejects.toThrow('write the secret into it, mode 600');
    await writeFile(path, secret, { mode: 0o600 });
    expect(await power.read()).toBe('on');
  });
});
