import { describe, expect, it } from 'vitest';
import { parseConnections, parseTargets } from './tgt-listing.js';

/** As printed by tgtd 1.0.85. */
const LISTING = `Target 5: iqn.2026-01.io.holdfast:db1.g7
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 2
            Initiator: iqn.2026-01.io.holdfast:h1 alias: none
            Connection: 0
                IP Address: 10.0.0.11
    LUN information:
        LUN: 0
            Type: controller
            Backing store path: None
        LUN: 1
            Type: disk
            Backing store path: /pool/db1.raw
            Backing store flags: 
    Account information:
        db1.g7
    ACL information:
        10.0.0.11
Target 6: iqn.2026-01.io.holdfast:web1.g1
    System information:
        Driver: iscsi
    I_T nexus information:
    LUN information:
        LUN: 0
            Backing store path: None
    Account information:
    ACL information:
`;

describe('the listing of targets', () => {
  it('is read with sessions, disks, accounts and addresses', () => {
    expect(parseTargets(LISTING)).toEqual([
      {
        tid: 5,
        iqn: 'iqn.2026-01.io.holdfast:db1.g7',
        sessions: ['10.0.0.11'],
        luns: [
          { lun: 0, path: null },
          { lun: 1, path: '/pool/db1.raw' },
        ],
        accounts: ['db1.g7'],
        acl: ['10.0.0.11'],
      },
      {
        tid: 6,
        iqn: 'iqn.2026-01.io.holdfast:web1.g1',
        sessions: [],
        luns: [{ lun: 0, path: null }],
        accounts: [],
        acl: [],
      },
    ]);
  });

  it('is not confused by an account that is called like a section', () => {
    const listing = LISTING.replace('        db1.g7', '        ACL information:');
    expect(parseTargets(listing)[0]?.accounts).toEqual(['ACL information:']);
  });

  it('may be empty', () => {
    expect(parseTargets('')).toEqual([]);
  });
});

describe('the listing of connections', () => {
  it('is read with session and connection', () => {
    const listing =
      'Session: 2\n    Connection: 0\n        Initiator: iqn.x\n        IP Address: 10.0.0.11\n';
    expect(parseConnections(`${listing}Session: 3\n    Connection: 1\n`)).toEqual([
      { session: 2n, connection: 0 },
      { session: 3n, connection: 1 },
    ]);
  });
});
