import { expect, it } from 'vitest';
import { usageCsv } from './commands/usage.js';

it('usage is a table of CSV with a heading, and empty where there is no project', () => {
  const hours = { runningHours: 1.5, vcpuHours: 3, memoryGiBHours: 0.75, diskGiBHours: 12 };
  expect(usageCsv([{ vm: 'web1', uid: 'u-1', project: null, ...hours }])).toBe(
    'vm,uid,project,runningHours,vcpuHours,memoryGiBHours,diskGiBHours\r\nweb1,u-1,,1.5,3,0.75,12\r\n');
});
