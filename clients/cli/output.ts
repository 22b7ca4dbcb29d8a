import Table from 'cli-table3';
import picocolors from 'picocolors';
import { stringify } from 'yaml';
import type { Io } from './io.js';

/** Colours on a terminal only, and never against NO_COLOR (no-color.org). */
function colourful(stream: { isTTY?: boolean }, env: Io['env']): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

export type Tone = 'good' | 'busy' | 'bad' | 'dim' | 'plain';

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export const outputFormats = ['table', 'wide', 'json', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** For programs: the commands give the same value for each of these. */
export function isForPrograms(format: string | undefined): boolean {
  return format === 'json' || format === 'yaml';
}

/** A column of a table; one that is wide is shown only when asked for. */
export interface Column<T> {
  heading: string;
  wide?: boolean;
  of(item: T): string;
}

/** What a command says: tables and sentences for people, one JSON document for programs. */
export class Output {
  format: OutputFormat = 'table';
  private readonly colours: ReturnType<typeof picocolors.createColors>;

  constructor(private readonly io: Io) {
    this.colours = picocolors.createColors(colourful(io.stdout, io.env));
  }

  line(text = ''): void {
    this.io.stdout.write(`${text}\n`);
  }

  raw(text: string): void {
    this.io.stdout.write(text);
  }

  /** As JSON, or as YAML where that was asked for. */
  json(value: unknown): void {
    if (this.format === 'yaml') this.raw(yamlOf(value));
    else this.line(JSON.stringify(value, null, 2));
  }

  /** One value of a stream: one line, or one document. */
  jsonLine(value: unknown): void {
    if (this.format === 'yaml') this.raw(`---\n${yamlOf(value)}`);
    else this.line(JSON.stringify(value));
  }

  heading(text: string): void {
    this.line(this.colours.bold(text));
  }

  /** Aligned columns under headings; `empty` when there are no rows. */
  table(headings: readonly string[], rows: readonly (readonly string[])[], empty: string): void {
    if (rows.length === 0) {
      this.line(empty);
      return;
    }
    this.columns([headings.map((heading) => this.colours.bold(heading)), ...rows]);
  }

  /** The same, of things; with their wide columns where that was asked for. */
  list<T>(columns: readonly Column<T>[], items: readonly T[], empty: string): void {
    const shown = columns.filter(({ wide }) => wide !== true || this.format === 'wide');
    this.table(shown.map(({ heading }) => heading), items.map((item) => shown.map(({ of }) => of(item))), empty);
  }

  /** Names and what they stand for. */
  fields(fields: readonly (readonly [string, string])[]): void {
    this.columns(fields.map(([name, value]) => [this.colours.dim(name), value]));
  }

  tone(text: string, tone: Tone): string {
    const { green, yellow, red, dim } = this.colours;
    return { good: green, busy: yellow, bad: red, dim, plain: String }[tone](text);
  }

  private columns(rows: readonly (readonly string[])[]): void {
    const table = new Table({
      chars: borderless,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    });
    for (const row of rows) table.push([...row]);
    for (const line of table.toString().split('\n')) this.line(line.trimEnd());
  }
}

function yamlOf(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

export function memoryText(memoryMiB: number): string {
  for (const [unit, size] of [
    ['TiB', 1_048_576],
    ['GiB', 1024],
  ] as const) {
    if (memoryMiB >= size) return `${Number((memoryMiB / size).toFixed(2))} ${unit}`;
  }
  return `${Math.round(memoryMiB)} MiB`;
}

/** How long ago, in one unit. */
export function ageText(atMs: number, nowMs: number): string {
  return spanText(nowMs - atMs);
}

/** How long, in one unit. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** The time of day where the person is, with milliseconds. */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${day} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
