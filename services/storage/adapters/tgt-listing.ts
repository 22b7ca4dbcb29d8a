/** Reads what tgtd prints about its targets (`show target`, `show connection`). */

export interface TgtTarget {
  tid: number;
  iqn: string;
  /** Addresses of initiators with a nexus, one per connection. */
  sessions: string[];
  luns: { lun: number; path: string | null }[];
  accounts: string[];
  /** Initiator addresses (or names) that may log in. */
  acl: string[];
}

export interface TgtConnection {
  session: bigint;
  connection: number;
}

type Section = 'system' | 'nexus' | 'lun' | 'account' | 'acl';

const SECTIONS: Record<string, Section> = {
  'System information:': 'system',
  'I_T nexus information:': 'nexus',
  'LUN information:': 'lun',
  'Account information:': 'account',
  'ACL information:': 'acl',
};

/** Parses the listing of all targets. Lines that say nothing needed here are skipped. */
export function parseTargets(listing: string): TgtTarget[] {
  const targets: TgtTarget[] = [];
  let current: TgtTarget | null = null;
  let section: Section = 'system';
  for (const line of listing.split('\n')) {
    const head = /^Target (\d+): (.+)$/.exec(line);
    if (head) {
      current = {
        tid: Number(head[1]),
        iqn: head[2] ?? '',
        sessions: [],
        luns: [],
        accounts: [],
        acl: [],
      };
      targets.push(current);
      section = 'system';
      continue;
    }
    const text = line.trim();
    if (current === null || text === '') continue;
    // Section titles stand at four blanks; an account or initiator may be called whatever it likes
    // further in.
    const title = /^ {4}\S/.test(line) ? SECTIONS[text] : undefined;
    if (title) section = title;
    else readLine(current, section, text);
  }
  return targets;
}

function readLine(target: TgtTarget, section: Section, text: string): void {
  if (section === 'account') target.accounts.push(text);
  if (section === 'acl') target.acl.push(text);
  if (section === 'nexus' && text.startsWith('IP Address: ')) target.sessions.push(text.slice(12));
  if (section !== 'lun') return;
  const lun = /^LUN: (\d+)$/.exec(text);
  if (lun) target.luns.push({ lun: Number(lun[1]), path: null });
  const path = /^Backing store path: (.+)$/.exec(text)?.[1];
  const last = target.luns.at(-1);
  if (path && last) last.path = path === 'None' ? null : path;
}

/** Parses the listing of one target's connections. */
export function parseConnections(listing: string): TgtConnection[] {
  const connections: TgtConnection[] = [];
  let session: bigint | null = null;
  for (const line of listing.split('\n')) {
    const head = /^Session: (\d+)$/.exec(line.trim());
    if (head) session = BigInt(head[1] ?? '0');
    const connection = /^Connection: (\d+)$/.exec(line.trim());
    if (connection && session !== null)
      connections.push({ session, connection: Number(connection[1]) });
  }
  return connections;
}
