import type { DeliveryView, WebhookView } from '@holdfast/client';
import { CommandFailure } from '../failure.js';
import { clockText, type Column, type Output } from '../output.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

const webhookColumns = (output: Output): Column<WebhookView>[] => [
  { heading: 'WEBHOOK', of: ({ name }) => name },
  { heading: 'URL', of: ({ url }) => url },
  { heading: 'FILTER', of: ({ filter }) => filter || 'all' },
  { heading: 'ENABLED', of: ({ enabled }) => (enabled ? 'yes' : 'no') },
  { heading: 'ON THEIR WAY', of: ({ pending }) => String(pending) },
  { heading: 'DEAD', of: ({ dead }) => output.tone(String(dead), dead > 0 ? 'bad' : 'plain') },
  { heading: 'MADE', wide: true, of: ({ createdAt }) => clockText(Date.parse(createdAt)) },
];

const deliveryColumns: Column<DeliveryView>[] = [
  { heading: 'DELIVERY', of: ({ id }) => id },
  { heading: 'STATE', of: ({ state }) => state },
  { heading: 'SUBJECT', of: ({ event }) => event.subject },
  { heading: 'TYPE', of: ({ event }) => event.type.replace(/^io\.holdfast\./, '').replace(/\.v\d+$/, '') },
  { heading: 'ATTEMPTS', of: ({ attempts }) => String(attempts) },
  { heading: 'NEXT', of: ({ nextAtMs }) => (nextAtMs === null ? '-' : clockText(nextAtMs)) },
  { heading: 'FAILURE', of: ({ failure }) => failure ?? '' },
];

/** `webhook`: events sent to a URL, signed. */
export const registerWebhook: Register = (program, session) => {
  const { output } = session;
  const group = program.command('webhook').description('webhooks: events sent to a URL, signed and in order');
  withJson(group.command('list'))
    .description('all webhooks')
    .action(async ({ json }: JsonFlag) => {
      const { items } = await session.webhooks.webhooks();
      if (json) output.json({ items });
      else output.list(webhookColumns(output), items, 'no webhook yet; holdfast webhook create makes one');
    });
  withJson(group.command('create'))
    .description('have events sent to a URL; prints the secret that they are signed with, this once')
    .argument('<NAME>', 'lower-case letters, digits and dashes')
    .requiredOption('--url <URL>', 'where to; a public address, or one that the API is configured to allow')
    .option('--filter <FILTER>', 'only these: vm, vm.web1, vm.*.started')
    .option('--disabled', 'make it, but send nothing')
    .action(async (name: string, flags: JsonFlag & { url: string; filter?: string; disabled?: boolean }) => {
      const { url, filter, disabled, json } = flags;
      const enabled = disabled !== true;
      const made = await session.webhooks.newWebhook({ name, url, enabled, ...(filter !== undefined && { filter }) });
      if (json) output.json(made);
      else {
        output.line(`${name} is told of ${filter ?? 'all events'} at ${url}`);
        output.line(`secret  ${made.secret}  (not shown again; docs/webhooks.md says how to verify with it)`);
      }
    });
  withJson(group.command('show'))
    .description('one webhook, its dead letters, and what is on its way')
    .argument('<NAME>', 'the webhook')
    .action((name: string, { json }: JsonFlag) => show(session, name, json));
  withJson(group.command('delete'))
    .description('delete it, with all that is on its way to it')
    .argument('<NAME>', 'the webhook')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.webhooks.deleteWebhook(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
  withJson(group.command('test'))
    .description('send it one event that says that it is a test')
    .argument('<NAME>', 'the webhook')
    .action(async (name: string, { json }: JsonFlag) => {
      const tested = await session.webhooks.testWebhook(name);
      if (json) output.json(tested);
      else if (tested.taken) output.line(`${name} has taken it`);
      if (!tested.taken) {
        throw new CommandFailure({ code: 'not-taken', message: `${name} did not take it: ${tested.failure}` });
      }
    });
  withJson(group.command('redeliver'))
    .description('try its dead letters anew')
    .argument('<NAME>', 'the webhook')
    .option('--delivery <ID>', 'only this one')
    .action(async (name: string, { json, delivery }: JsonFlag & { delivery?: string }) => {
      const answer = await session.webhooks.redeliver(name, delivery ?? null);
      if (json) output.json(answer);
      else output.line(`${answer.redelivered} on their way again`);
    });
};

async function show({ webhooks, output }: Session, name: string, json: boolean | undefined): Promise<void> {
  const [webhook, { items }] = await Promise.all([webhooks.webhook(name), webhooks.deliveries(name)]);
  if (json) return output.json({ ...webhook, deliveries: items });
  output.fields([
    ['webhook', webhook.name],
    ['URL', webhook.url],
    ['told of', webhook.filter || 'all events'],
    ['enabled', webhook.enabled ? 'yes' : 'no'],
    ['made', clockText(Date.parse(webhook.createdAt))],
  ]);
  output.line();
  output.list(deliveryColumns, items, 'nothing is on its way, and nothing was given up');
}
