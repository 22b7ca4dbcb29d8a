import { describe, expect, test } from 'vitest';
import { corosyncConf } from './corosync-conf.js';

const nodes = ['h1', 'h2', 'h3'].map((name, index) => ({ name, address: `198.18.1.${11 + index}` }));

describe('what corosync reads', () => {
  test('is by default what Debian ships, with the hosts of the lab', () => {
    expect(corosyncConf('default', nodes.slice(0, 2))).toBe(`totem {
\tversion: 2
\tcluster_name: debian
\ttransport: knet
\tcrypto_cipher: none
\tcrypto_hash: none
}
logging {
\tfileline: off
\tto_stderr: no
\tto_logfile: yes
\tlogfile: /var/log/corosync/corosync.log
\tto_syslog: no
\tdebug: off
\ttimestamp: hires
}
quorum {
\tprovider: corosync_votequorum
}
nodelist {
\tnode {
\t\tname: h1
\t\tnodeid: 1
\t\tring0_addr: 198.18.1.11
\t}
\tnode {
\t\tname: h2
\t\tnodeid: 2
\t\tring0_addr: 198.18.1.12
\t}
}
`);
  });

  test('differs when tuned in how long silence may last, and in nothing else', () => {
    const lines = (mode: 'default' | 'tuned'): string[] => corosyncConf(mode, nodes).split('\n');
    const usual = lines('default');
    expect(lines('tuned').filter((line) => !usual.includes(line))).toEqual(['\ttoken: 1000', '\ttoken_coefficient: 0']);
    expect(usual.filter((line) => !lines('tuned').includes(line))).toEqual([]);
  });
});
