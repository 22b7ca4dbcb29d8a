import { createHash } from 'node:crypto';
import type { CloudInit, CloudInitView, VmSpec, VmSpecView } from '@holdfast/contracts';
import { parse, YAMLError } from 'yaml';
import { Problem } from './http/problem.js';

const parts = ['userData', 'metaData', 'networkConfig'] as const;
const told = new WeakMap<CloudInit, CloudInitView>();

/** That it is there, and which it is; nothing of what it says. */
function cloudInitView(cloudInit: CloudInit): CloudInitView {
  const known = told.get(cloudInit);
  if (known) return known;
  const view: CloudInitView = {};
  for (const part of parts) {
    const bytes = cloudInit[part] === undefined ? null : Buffer.from(cloudInit[part]);
    if (bytes) view[part] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  told.set(cloudInit, view);
  return view;
}

/** A VM's spec as people see it: what its guest is told may hold passwords. */
export function specView({ cloudInit, ...spec }: VmSpec): VmSpecView {
  return cloudInit === undefined ? spec : { ...spec, cloudInit: cloudInitView(cloudInit) };
}

/** A guest that cannot read it would boot without a word of why. */
export function checkCloudInit(cloudInit: CloudInit | undefined): void {
  for (const part of ['metaData', 'networkConfig'] as const) {
    const text = cloudInit?.[part];
    if (text === undefined) continue;
    const wrong = whyNoMapping(text);
    if (wrong === null) continue;
    const field = `cloudInit.${part}`;
    throw new Problem('invalid', `${field}: ${wrong}`, { field, remedy: 'give keys with values as YAML' });
  }
}

/** Its guest is another: the name and the instance id that it was given are not its own. */
export function cloudInitOfClone(cloudInit: CloudInit | undefined): CloudInit | undefined {
  if (cloudInit?.metaData === undefined) return cloudInit;
  const { metaData, ...rest } = cloudInit;
  const { 'instance-id': _id, 'local-hostname': _name, ...more } = parse(metaData) as Record<string, unknown>;
  return Object.keys(more).length === 0 ? rest : { ...rest, metaData: JSON.stringify(more) };
}

function whyNoMapping(text: string): string | null {
  try {
    const value: unknown = parse(text);
    const isMapping = value !== null && typeof value === 'object' && !Array.isArray(value);
    return isMapping ? null : 'it is YAML, but no keys with values';
  } catch (error) {
    if (!(error instanceof YAMLError) && !(error instanceof ReferenceError)) throw error;
    // Its message quotes the line, which is nobody's but the guest's.
    const line = error instanceof YAMLError ? error.linePos?.[0].line : undefined;
    return line === undefined ? 'it is not YAML' : `it is not YAML, from line ${line} on`;
  }
}
