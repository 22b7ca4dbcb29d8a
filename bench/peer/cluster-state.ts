/** What the peer's own tools say, as values. */

export interface ClusterState {
  /** The host whose controller decides; null while none is elected. */
  coordinator: string | null;
  /** Online members that are neither joining nor to be fenced. */
  wellHosts: string[];
  resources: { id: string; hosts: string[]; isWell: boolean }[];
}

/** Of `crm_mon --one-shot --output-as=xml`; its form: https://clusterlabs.org/pacemaker/schemas/api/ */
export function clusterStateOf(crmMon: string): ClusterState {
  const [coordinator] = tags(between(crmMon, 'summary'), 'current_dc');
  const nodes = tags(between(crmMon, 'nodes'), 'node');
  const resources = [...between(crmMon, 'resources').matchAll(/<resource ([^>]*?)(\/>|>([\s\S]*?)<\/resource>)/g)];
  return {
    coordinator: coordinator?.['name'] ?? null,
    wellHosts: nodes
      .filter((node) => node['online'] === 'true' && node['pending'] === 'false' && node['unclean'] === 'false')
      .flatMap(({ name }) => name ?? []),
    resources: resources.map(([, attributes = '', , inside = '']) => {
      const { id = '', role, failed, blocked } = attributesOf(attributes);
      return {
        id,
        hosts: tags(inside, 'node').flatMap(({ name }) => name ?? []),
        isWell: role === 'Started' && failed === 'false' && blocked === 'false',
      };
    }),
  };
}

/** When libvirt saw the domain's QEMU start, in ms since 1970, out of `virsh event --event lifecycle --timestamp`. */
export function startedAt(events: string, domain: string): number[] {
  const line = /^(\d{4}-\d\d-\d\d) ([\d:.]+)\+0000: event 'lifecycle' for domain '([^']*)': Started /gm;
  return [...events.matchAll(line)]
    .filter(([, , , name]) => name === domain)
    .map(([, date, time]) => Date.parse(`${date}T${time}Z`));
}

type Attributes = Record<string, string | undefined>;

/** The inside of the first element of this name. */
function between(xml: string, tag: string): string {
  return new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(xml)?.[1] ?? '';
}

function tags(xml: string, tag: string): Attributes[] {
  const found = xml.matchAll(new RegExp(`<${tag} ([^>]*?)/?>`, 'g'));
  return [...found].map(([, attributes = '']) => attributesOf(attributes));
}

function attributesOf(text: string): Attributes {
  const found = text.matchAll(/([\w-]+)="([^"]*)"/g);
  return Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
}
