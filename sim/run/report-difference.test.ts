import { expect, test } from 'vitest';
import { reportDifferences } from './report-difference.js';

const told = [
  '   30.000  >                       host.power node1 off',
  '   30.908  host.suspect            node1: no heartbeat for 1004 ms; asking the other paths',
  '   31.311  host.fencing            node1: silent on every path',
  '   31.320  vm.placed               vm1: placed on node3',
  '  recovered    vm1 from node1 to node3 in 1.720 s',
];
const [off, suspect, fencing, placed, end] = told as [string, string, string, string, string];

test('a few milliseconds more or less, and what changes places within them, are the same story', () => {
  const later = [
    off,
    suspect.replace('30.908', '31.100').replace('1004 ms', '1196 ms'),
    placed.replace('31.320', '31.309'),
    fencing,
    end.replace('1.720', '1.713'),
  ];
  expect(reportDifferences(told, later)).toEqual([]);
});

test.each([
  [[off, suspect, fencing, end], ['no more: vm.placed               vm1: placed on node3']],
  [[...told, placed], ['new: vm.placed               vm1: placed on node3']],
  [
    [off, suspect, fencing, placed.replace('31.320', '32.000'), end],
    ['at 32.000 s instead of 31.320 s: vm.placed               vm1: placed on node3'],
  ],
])('what is missing, new or at another time is named %#', (actual, differences) => {
  expect(reportDifferences(told, actual)).toEqual(differences);
});
