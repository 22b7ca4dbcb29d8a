import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { vmPhases } from './vm.js';

test('every phase of a VM is explained to people who know other systems, and nothing else is', () => {
  const text = readFileSync(new URL('../../docs/vm-states.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, phase]) => phase);
  expect(rows).toEqual(Object.keys(vmPhases));
});
