import type { TemplateBody } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { expanded, valuesOf, wrongTemplate } from './expand.js';

const parameters: TemplateBody['parameters'] = {
  cpus: { type: 'number', min: 1, max: 8, default: 2 },
  disk: { type: 'number', default: 64 },
  role: { type: 'string', maxLength: 20, default: 'web' },
  kept: { type: 'boolean', default: false },
  network: { type: 'choice', choices: ['guest', 'dmz'], default: 'guest' },
  user: { type: 'string', default: '#!/bin/sh' },
};
const vm = {
  cpus: '{{cpus}}',
  memoryMiB: 512,
  disks: [{ sizeMiB: '{{ disk }}' }, { sizeMiB: 1 }],
  note: 'a {{role}}, {{role}} only, with {{cpus}} CPUs',
  protected: '{{kept}}',
  network: '{{network}}',
  cloudInit: { userData: '{{user}}', metaData: 'role: "{{role}}"' },
};
const fields = Object.keys(vm);
type Given = Parameters<typeof valuesOf>[1];

function made(given: Given): unknown {
  const read = valuesOf(parameters, given);
  return 'wrong' in read ? read.wrong : expanded(vm, read.values);
}

describe('a template', () => {
  test('becomes a VM with its defaults, each of its own type', () => {
    expect(made({})).toEqual({
      cpus: 2,
      memoryMiB: 512,
      disks: [{ sizeMiB: 64 }, { sizeMiB: 1 }],
      note: 'a web, web only, with 2 CPUs',
      protected: false,
      network: 'guest',
      // What a guest runs is its own: no place is filled in it.
      cloudInit: { userData: '#!/bin/sh', metaData: 'role: "{{role}}"' },
    });
  });

  test('takes texts for numbers, switches and choices, as a command line gives them', () => {
    const given = { cpus: '4', kept: 'true', network: 'dmz' };
    expect(made(given)).toMatchObject({ cpus: 4, protected: true, network: 'dmz' });
  });

  test('has a value put in as it is, whatever it looks like', () => {
    for (const role of ['{{cpus}}', '","cpus":99,"a":"', '$&$1', '__proto__']) {
      expect(made({ role })).toMatchObject({ cpus: 2, note: `a ${role}, ${role} only, with 2 CPUs` });
    }
    expect(made({ user: '{{role}}' })).toMatchObject({ cloudInit: { userData: '{{role}}' } });
  });

  test.each<[Given, string, string]>([
    [{ cpus: 9 }, 'parameters.cpus', 'give a whole number, at least 1 and at most 8'],
    [{ cpus: '' }, 'parameters.cpus', 'give a whole number, at least 1 and at most 8'],
    [{ cpus: 1.5 }, 'parameters.cpus', 'give a whole number, at least 1 and at most 8'],
    [{ role: 'x'.repeat(21) }, 'parameters.role', 'give a text of 0 to 20 characters'],
    [{ kept: 'yes' }, 'parameters.kept', 'give true or false'],
    [{ network: 'lan' }, 'parameters.network', 'give one of guest, dmz'],
    [{ size: 1 }, 'parameters.size', 'leave it out; there are cpus, disk, role, kept, network, user'],
    [{ constructor: 1 }, 'parameters.constructor', 'leave it out; there are cpus, disk, role, kept, network, user'],
  ])('refuses %j, and says what to do', (given, field, remedy) => {
    expect(made(given)).toMatchObject({ field, remedy });
  });

  test('has to be told what has no default', () => {
    const read = valuesOf({ cpus: { type: 'number' } }, {});
    expect(read).toEqual({
      wrong: { field: 'parameters.cpus', message: 'it has no default', remedy: 'give a whole number' },
    });
  });

  test.each<[string, Partial<TemplateBody>, string]>([
    ['a place without a parameter', { vm: { ...vm, image: '{{image}}' } }, 'parameters.image'],
    ['a parameter without a place', { vm: { ...vm, cpus: 1, note: '' } }, 'parameters.cpus'],
    ['a default that breaks its own limits',
      { parameters: { ...parameters, cpus: { type: 'number', max: 1, default: 2 } } },
      'parameters.cpus.default'],
    ['a field that no VM has', { vm: { ...vm, uid: 'x' } }, 'vm.uid'],
  ])('is refused with %s', (_what, patch, field) => {
    expect(wrongTemplate({ parameters, vm, ...patch }, [...fields, 'image'])).toMatchObject({ field });
    expect(wrongTemplate({ parameters, vm }, fields)).toBeNull();
  });
});
