/** `--probe`: how a VM's guest is looked at, in a word each, and how that reads. */
import { isProbed, probeName, refusalOf, vmProbesSchema, type VmProbes } from '@holdfast/contracts';
import { InvalidArgumentError, type Command } from 'commander';

const settings = {
  interval: 'intervalSeconds',
  timeout: 'timeoutSeconds',
  failures: 'failures',
  grace: 'graceSeconds',
  status: 'status',
} as const;

export const probeForms = `
Probes, any number of them; each replaces none of the others, and all together replace those of before:
  panic                              the guest's kernel panics (device pvpanic)
  watchdog                           the guest does not feed its watchdog (device i6300esb)
  agent                              the QEMU guest agent is pinged
  tcp:ADDRESS:PORT                   the host connects to the guest
  http:ADDRESS:PORT/PATH             the host asks for a page; status=200 is expected
  none                               no probe
After a comma: interval=10 timeout=5 failures=3 grace=60, for example tcp:192.0.2.7:80,interval=5,failures=2`;

export function withProbes(command: Command): Command {
  return command
    .option('--probe <PROBE>', 'how its guest is looked at; repeat it for more (see below)', addProbe)
    .addHelpText('after', probeForms);
}

/** Every probe so far and one more. */
export function addProbe(text: string, before: VmProbes | undefined): VmProbes {
  const known = before ?? vmProbesSchema.parse({});
  const { success, data, error } = vmProbesSchema.safeParse(withOne(text, known));
  if (success) return data;
  throw new InvalidArgumentError(`${refusalOf(error).message}.`);
}

function withOne(text: string, known: VmProbes): object {
  const [what = '', ...rest] = text.trim().split(',');
  const timing = Object.fromEntries(rest.map(setting));
  if (what === 'none' && rest.length === 0) return {};
  if ((what === 'panic' || what === 'watchdog') && rest.length === 0) return { ...known, [what]: true };
  if (what === 'agent') return { ...known, agent: timing };
  const match = /^(tcp|http):(?:\/\/)?(?:\[([0-9a-f:.]+)\]|([^:/]+)):(\d{1,5})(\/[^,]*)?$/i.exec(what);
  const [, kind, six, four, port, path] = match ?? [];
  if (!match || (kind === 'tcp' && path !== undefined)) {
    throw new InvalidArgumentError(
      'Give panic, watchdog, agent, tcp:ADDRESS:PORT, http:ADDRESS:PORT/PATH or none; settings follow after commas.',
    );
  }
  const remote = { address: six ?? four, port: Number(port), ...timing };
  if (kind === 'tcp') return { ...known, tcp: [...known.tcp, remote] };
  return { ...known, http: [...known.http, path === undefined ? remote : { ...remote, path }] };
}

function setting(text: string): [field: string, value: number] {
  const [name = '', value = ''] = text.split('=');
  const field = Object.hasOwn(settings, name) ? settings[name as keyof typeof settings] : null;
  if (field === null || !/^\d{1,9}$/.test(value)) {
    throw new InvalidArgumentError(`Give ${Object.keys(settings).join(', ')} a whole number, for example interval=5.`);
  }
  return [field, Number(value)];
}

/** For people; none when nothing is looked at. */
export function probeLines(probes: VmProbes): [label: string, text: string][] {
  if (!isProbed(probes)) return [];
  const { panic, watchdog, agent, tcp, http } = probes;
  const lines = [
    ...(panic ? ['panic'] : []),
    ...(watchdog ? ['watchdog'] : []),
    ...(agent ? [`agent ${timingText(agent)}`] : []),
    ...tcp.map((probe) => `${probeName.tcp(probe)} ${timingText(probe)}`),
    ...http.map((probe) => `${probeName.http(probe)} (${probe.status}) ${timingText(probe)}`),
  ];
  return lines.map((line, index) => [index === 0 ? 'probes' : '', line]);
}

function timingText(timing: NonNullable<VmProbes['agent']>): string {
  const { intervalSeconds, timeoutSeconds, failures, graceSeconds } = timing;
  const times = failures === 1 ? '1 failure' : `${failures} failures`;
  return `every ${intervalSeconds} s, ${times} of ${timeoutSeconds} s, grace ${graceSeconds} s`;
}
