/** Templates without their database: what is wrong with one, and the VM that comes of it. */
import type { TemplateBody, TemplateParameter, TemplateVm } from '@holdfast/contracts';

type Value = string | number | boolean;

/** What is wrong, of which parameter or field, and what to do. */
export interface Wrong {
  field: string;
  message: string;
  remedy: string;
}

const place = /\{\{ *([a-z][A-Za-z0-9]{0,39}) *\}\}/g;
const onlyPlace = new RegExp(`^${place.source}$`);
const maxDepth = 12;
const defaultMaxLength = 200;
/** Programs of the guest, in which braces may mean anything: only a text that is a place and nothing else counts. */
const guestTexts = 'cloudInit';

/** What for each parameter, or what is wrong with what was given. */
export function valuesOf(
  parameters: TemplateBody['parameters'],
  given: Readonly<Record<string, Value>>,
): { values: ReadonlyMap<string, Value> } | { wrong: Wrong } {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) {
    const known = Object.keys(parameters).join(', ');
    const remedy = known === '' ? 'leave it out' : `leave it out; there are ${known}`;
    return { wrong: { ...of(unknown), message: 'the template has no such parameter', remedy } };
  }
  const values = new Map<string, Value>();
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default;
    const read = value === undefined ? { why: 'it has no default' } : readAs(parameter, value);
    if ('why' in read) return { wrong: { ...of(name), message: read.why, remedy: remedyOf(parameter) } };
    values.set(name, read.value);
  }
  return { values };
}

/** The VM with values in its places. They go in as they are: nothing of them is read as a place, or as JSON. */
export function expanded(vm: TemplateVm, values: ReadonlyMap<string, Value>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(vm).map(([key, part]) => [key, filled(part, values, key === guestTexts)]));
}

/** What keeps it from being a template, whatever its parameters will be; null: nothing. */
export function wrongTemplate({ parameters, vm }: TemplateBody, fields: readonly string[]): Wrong | null {
  const stranger = Object.keys(vm).find((key) => !fields.includes(key));
  if (stranger !== undefined) {
    const remedy = `leave it out; known are ${fields.join(', ')}`;
    return { field: `vm.${stranger}`, message: 'a VM is not created with that', remedy };
  }
  if (depthOf(vm) > maxDepth) return { field: 'vm', message: 'it is nested too deeply', remedy: 'make it flatter' };
  const places = new Set(placesIn(vm));
  const missing = [...places].find((name) => !Object.hasOwn(parameters, name));
  if (missing !== undefined) {
    const remedy = `say in \`parameters\` what ${missing} is, or leave its place out`;
    return { ...of(missing), message: 'there is a place for it, and no such parameter', remedy };
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    if (!places.has(name)) {
      return { ...of(name), message: 'nothing has a place for it', remedy: `write {{${name}}} where it belongs` };
    }
    const read = parameter.default === undefined ? null : readAs(parameter, parameter.default);
    if (read && 'why' in read) {
      return { field: `parameters.${name}.default`, message: read.why, remedy: remedyOf(parameter) };
    }
  }
  return null;
}

const of = (name: string): { field: string } => ({ field: `parameters.${name.slice(0, 40)}` });

/** A command line knows texts only, so the text of a number or of a choice is one. */
function readAs(parameter: TemplateParameter, given: Value): { value: Value } | { why: string } {
  switch (parameter.type) {
    case 'string': {
      const { minLength = 0, maxLength = defaultMaxLength } = parameter;
      const text = String(given);
      if (text.length < minLength) return { why: `it has fewer than ${minLength} characters` };
      return text.length > maxLength ? { why: `it has more than ${maxLength} characters` } : { value: text };
    }
    case 'number': {
      const { min, max, integer = true } = parameter;
      const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
      if (typeof number !== 'number' || !Number.isFinite(number)) return { why: 'it is not a number' };
      if (integer && !Number.isInteger(number)) return { why: 'it is not a whole number' };
      if (min !== undefined && number < min) return { why: `it is less than ${min}` };
      return max !== undefined && number > max ? { why: `it is more than ${max}` } : { value: number };
    }
    case 'boolean': {
      if (typeof given === 'boolean') return { value: given };
      return given === 'true' || given === 'false' ? { value: given === 'true' } : { why: 'it is not true or false' };
    }
    case 'choice': {
      const chosen = parameter.choices.find((choice) => String(choice) === String(given));
      return chosen === undefined ? { why: 'it is none of the choices' } : { value: chosen };
    }
  }
}

function remedyOf(parameter: TemplateParameter): string {
  switch (parameter.type) {
    case 'string': {
      const { minLength = 0, maxLength = defaultMaxLength } = parameter;
      return `give a text of ${minLength} to ${maxLength} characters`;
    }
    case 'number': {
      const { min, max, integer = true } = parameter;
      const bounds = [min === undefined ? '' : `at least ${min}`, max === undefined ? '' : `at most ${max}`];
      const within = bounds.filter((each) => each !== '').join(' and ');
      return `give a ${integer ? 'whole ' : ''}number${within === '' ? '' : `, ${within}`}`;
    }
    case 'boolean':
      return 'give true or false';
    case 'choice':
      return `give one of ${parameter.choices.join(', ')}`.slice(0, 900);
  }
}

function filled(part: unknown, values: ReadonlyMap<string, Value>, isGuestText: boolean): unknown {
  if (typeof part === 'string') {
    const [, alone] = onlyPlace.exec(part) ?? [];
    if (alone !== undefined) return values.get(alone) ?? part;
    if (isGuestText) return part;
    return part.replace(place, (whole, name: string) => String(values.get(name) ?? whole));
  }
  if (Array.isArray(part)) return part.map((each) => filled(each, values, isGuestText));
  if (part === null || typeof part !== 'object') return part;
  return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, filled(each, values, isGuestText)]));
}

function placesIn(part: unknown, isGuestText = false): string[] {
  if (typeof part === 'string') {
    const [, alone] = onlyPlace.exec(part) ?? [];
    if (alone !== undefined) return [alone];
    return isGuestText ? [] : [...part.matchAll(place)].map(([, name]) => name ?? '');
  }
  if (part === null || typeof part !== 'object') return [];
  return Object.entries(part).flatMap(([key, each]) => placesIn(each, isGuestText || key === guestTexts));
}

function depthOf(part: unknown): number {
  if (part === null || typeof part !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(part).map(depthOf));
}
