import { expect, it } from 'vitest';
import { projectUsageCsv, usageCsv } from './commands/usage.js';

it('usage is a table of CSV with a heading, and empty where there is no project', () => {
  const hours = { runningHours: 1.5, vcpuHours: 3, memoryGiBHours: 0.75, diskGiBHours: 12 };
  expect(usageCsv([{ vm: 'web1', uid: 'u-1', project: null, ...hours }])).toBe(
    'vm,uid,project,runningHours,vcpuHours,memoryGiBHours,diskGiBHours\r\nweb1,u-1,,1.5,3,0.75,12\r\n');
  expect(projectUsageCsv([{ project: 'shop', vms: 2, ...hours }])).toBe(
    'project,vms,runningHours,vcpuHours,memoryGiBHours,diskGiBHours\r\nshop,2,1.5,3,0.75,12\r\n');
});
