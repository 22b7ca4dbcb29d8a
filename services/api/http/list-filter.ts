import { Problem } from './problem.js';

/** Of one column of one item; null: it has none. */
export type Value = string | number | boolean | null;

/** What a list can be filtered by, and but for labels sorted by. */
export type Column<T> =
  | { readonly type: 'text'; readonly of: (item: T) => string | null }
  | { readonly type: 'number'; readonly of: (item: T) => number | null }
  | { readonly type: 'flag'; readonly of: (item: T) => boolean }
  | { readonly type: 'labels'; readonly of: (item: T) => Readonly<Record<string, string>> };
export type Columns<T> = Readonly<Record<string, Column<T>>>;
export type Condition<T> = (item: T) => boolean;

const operators = ['!=', '>=', '<=', '=', '>', '<', '~'] as const;
type Operator = (typeof operators)[number];
const maxConditions = 16;
const conditionPattern = /^\s*([A-Za-z][\w.\-/]*?)\s*(!=|>=|<=|=|>|<|~)(.*)$/s;

/**
 * The conditions of a filter such as `phase=running|starting,memoryMiB>=2048,name~web,labels.rack=r1`: all of them have
 * to hold; `|` separates what `=` and `!=` may or must not be; `~` is `contains`; nothing after `=` is `has none`.
 */
export function conditionsOf<T>(columns: Columns<T>, filter: string): Condition<T>[] {
  if (filter.trim() === '') return [];
  const texts = filter.split(',');
  if (texts.length > maxConditions) throw refused(`has more than ${maxConditions} conditions`, 'leave some out');
  return texts.map((text) => conditionOf(columns, text));
}

function conditionOf<T>(columns: Columns<T>, text: string): Condition<T> {
  const [, name = '', operator = '', operand = ''] = conditionPattern.exec(text) ?? [];
  if (name === '') {
    throw refused(`${quoted(text)} is no condition`,
      `write COLUMN, one of ${operators.join(' ')}, and a value: \`phase=running\``);
  }
  const [first = '', ...rest] = name.split('.');
  const column = Object.hasOwn(columns, first) ? columns[first] : undefined;
  if (column === undefined || (column.type === 'labels') !== (rest.length > 0)) {
    throw refused(`there is no column ${quoted(name)} to filter by`, `filter by ${columnNames(columns)}`);
  }
  const wanted = operand.trim();
  switch (column.type) {
    case 'number': return ofNumber(name, column.of, operator as Operator, wanted);
    case 'flag': return ofFlag(name, column.of, operator as Operator, wanted);
    case 'text': return ofText(name, column.of, operator as Operator, wanted);
    case 'labels': {
      const label = rest.join('.');
      const of = (item: T): string | null => {
        const labels = column.of(item);
        return Object.hasOwn(labels, label) ? labels[label] ?? null : null;
      };
      return ofText(name, of, operator as Operator, wanted);
    }
  }
}

function columnNames<T>(columns: Columns<T>): string {
  return Object.entries(columns).map(([name, { type }]) => (type === 'labels' ? `${name}.KEY` : name)).join(', ');
}

function ofText<T>(
  name: string, of: (item: T) => string | null, operator: Operator, operand: string,
): Condition<T> {
  if (operator === '~') {
    const part = operand.toLowerCase();
    return (item) => (of(item) ?? '').toLowerCase().includes(part);
  }
  if (operator !== '=' && operator !== '!=') {
    throw refused(`${name} is a text, which cannot be ${operator} another`, `use ${name}= or ${name}~`);
  }
  const wanted = new Set(operand.split('|').map((each) => each.trim()));
  return (item) => wanted.has(of(item) ?? '') === (operator === '=');
}

function ofNumber<T>(
  name: string, of: (item: T) => number | null, operator: Operator, operand: string,
): Condition<T> {
  if (operator === '~') {
    throw refused(`${name} is a number, which contains nothing`, `use ${name}=, ${name}>= or ${name}<=`);
  }
  if (operand === '' && (operator === '=' || operator === '!=')) {
    return (item) => (of(item) === null) === (operator === '=');
  }
  const number = /^-?\d+(\.\d+)?$/.test(operand) ? Number(operand) : NaN;
  if (Number.isNaN(number)) {
    throw refused(`${name}: ${quoted(operand)} is not a number`, `give a number: \`${name}>=2\``);
  }
  return (item) => {
    const value = of(item);
    if (value === null) return operator === '!=';
    return compared(value, operator, number);
  };
}

function compared(value: number, operator: Exclude<Operator, '~'>, number: number): boolean {
  switch (operator) {
    case '=': return value === number;
    case '!=': return value !== number;
    case '>': return value > number;
    case '>=': return value >= number;
    case '<': return value < number;
    case '<=': return value <= number;
  }
}

function ofFlag<T>(name: string, of: (item: T) => boolean, operator: Operator, operand: string): Condition<T> {
  if ((operator !== '=' && operator !== '!=') || !['true', 'false'].includes(operand)) {
    throw refused(`${name} is true or false`, `use ${name}=true or ${name}=false`);
  }
  return (item) => (of(item) === (operand === 'true')) === (operator === '=');
}

function quoted(text: string): string {
  return JSON.stringify(text.trim().slice(0, 100));
}

function refused(what: string, remedy: string): Problem {
  return new Problem('invalid', `filter: ${what}`, { field: 'filter', remedy });
}
