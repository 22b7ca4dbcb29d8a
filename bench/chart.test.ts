import { expect, it } from 'vitest';
import { drawChart } from './chart.js';

it('each figure is a panel, each measured one a bar with its number', async () => {
  const bars = [{ name: 'holdfast', value: 84_388 }, { name: 'hspace', value: 65.8 }];
  const svg = await drawChart('Placements', [
    { title: 'VMs in a second', scale: 'log', bars },
    { title: 'stored', scale: 'linear', bars: [{ name: 'bus', value: 4424 }] },
  ]);
  expect(svg).toMatch(/^<svg[^>]*xmlns=/);
  for (const text of ['Placements', 'VMs in a second', 'stored', 'holdfast', 'hspace', '84,390', '65.8', '4,424']) {
    expect(svg).toContain(`>${text}<`);
  }
  const drawn = svg.matchAll(/aria-roledescription="bar" d="M0,[^h]*h([\d.]+)/g);
  const widths = [...drawn].map(([, width]) => Number(width));
  expect(widths).toHaveLength(3);
  expect(widths[0]).toBeGreaterThan(widths[1] ?? 0);
});
