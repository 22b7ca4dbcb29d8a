import { InvalidArgumentError, Option } from 'commander';

const unitsMiB: Record<string, number> = { mib: 1, gib: 1024, tib: 1_048_576 };

/** `128MiB`, `2GiB`, `1.5GiB` as whole MiB. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(MiB|GiB|TiB)$/i.exec(text.trim());
  if (!match) {
    throw new InvalidArgumentError('Give a size with its unit, for example 128MiB or 2GiB.');
  }
  const sizeMiB = Number(match[1]) * (unitsMiB[(match[2] ?? '').toLowerCase()] ?? Number.NaN);
  if (!Number.isSafeInteger(sizeMiB) || sizeMiB < 1) {
    throw new InvalidArgumentError('Give a size of whole MiB, 1MiB or more.');
  }
  return sizeMiB;
}

export function parseSizes(text: string, before: number[] | undefined): number[] {
  return [...(before ?? []), parseSize(text)];
}

/** A whole number; whether it makes sense is for the API to say. */
export function parseInteger(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

/** A whole number that is not negative. */
export function parseCount(text: string): number {
  const count = parseInteger(text);
  if (count < 0) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return count;
}

/** `db1,db2` */
export function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new InvalidArgumentError('Give names separated by commas, for example db1,db2.');
  }
  return [...new Set(names)];
}

/** `h1=2,h2=1`, or `h1,h2` where none is preferred to the other. */
export function parseWeights(text: string): Record<string, number> {
  const weights: Record<string, number> = {};
  for (const part of parseNames(text)) {
    const match = /^([^=]+)(?:=(\d{1,4}))?$/.exec(part);
    if (!match) throw new InvalidArgumentError('Give hosts with numbers, for example h1=2,h2=1.');
    weights[match[1] ?? ''] = Number(match[2] ?? 0);
  }
  return weights;
}

/** `gpu=a100,rack=r1` */
export function parseLabels(text: string): Record<string, string> {
  const pairs = parseNames(text).map((part) => /^([^=]+)=([^=]+)$/.exec(part));
  if (pairs.includes(null)) throw new InvalidArgumentError('Give labels with values, for example gpu=a100.');
  return Object.fromEntries(pairs.map((match) => [match?.[1] ?? '', match?.[2] ?? '']));
}

/** How many control nodes a system gets, and whether they are hypervisors. */
export interface ControlNodes {
  controlNodes: number;
  controlOnHosts: boolean;
}

/** `1`, `3`, `5`, or `hosts`: three, which are the first three hypervisors. */
export function parseControl(text: string): ControlNodes {
  if (text === 'hosts') return { controlNodes: 3, controlOnHosts: true };
  if (!['1', '3', '5'].includes(text)) {
    throw new InvalidArgumentError('Give 1, 3, 5 or hosts: a majority of the NATS servers must outlive a fault.');
  }
  return { controlNodes: Number(text), controlOnHosts: false };
}

export const controlOption = new Option(
  '--control <N|hosts>',
  'control nodes: NATS server, scheduler, failover on each; hosts: on the first three hypervisors',
).argParser(parseControl).default({ controlNodes: 1, controlOnHosts: false } satisfies ControlNodes, '1');

const unitsMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `2h`, `3d` ago, a day, or a moment: as a moment for the API. */
export function parseMoment(text: string): string {
  return momentFrom(text, -1, 'for so long ago');
}

/** Likewise, or a sequence of the event stream. */
export function parseSince(text: string): number | string {
  return /^\d+$/.test(text) ? parseCount(text) : parseMoment(text);
}

/** Likewise from now on. */
export function parseMomentToCome(text: string): string {
  return momentFrom(text, 1, 'from now on');
}

function momentFrom(text: string, sign: 1 | -1, meaning: string): string {
  const away = /^(\d{1,6})([smhd])$/.exec(text);
  const moment = away === null
    ? new Date(/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)/.test(text) ? text : NaN)
    : new Date(Date.now() + sign * Number(away[1]) * (unitsMs[away[2] ?? ''] ?? NaN));
  if (Number.isNaN(moment.getTime())) {
    throw new InvalidArgumentError(`Give 90m, 2h or 3d ${meaning}, or a moment such as 2026-01-31T12:00:00Z.`);
  }
  return moment.toISOString();
}
