import { nameSchema, refusalOf } from '@holdfast/contracts';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';

/** What every service must know. Secrets are in files of their own, never in here. */
export const serviceConfigSchema = z.strictObject({
  service: nameSchema,
  node: nameSchema,
  incarnation: z.string().min(1),
  nats: z.strictObject({
    servers: z.array(z.string()).min(1),
    seedFile: z.string(),
    /** Without it the connection is not encrypted. */
    caFile: z.string().optional(),
  }),
  /** Where metrics and health are served: an address, or a listening socket that was inherited. */
  http: z.union([
    z.strictObject({ address: z.string(), port: z.number().int().min(0).max(65_535) }),
    z.strictObject({ fd: z.number().int().min(3) }),
  ]),
  stateDirectory: z.string(),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type ServiceConfig = z.infer<typeof serviceConfigSchema>;

export class ConfigError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

/** @throws ConfigError saying which file and which field is wrong, and how. */
export function readConfig<T>(schema: z.ZodType<T>, file: string): Readonly<T> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new ConfigError(`${file}: ${reason}`, { cause });
  }
  const result = schema.safeParse(content);
  if (!result.success) throw new ConfigError(`${file}: ${refusalOf(result.error).message}`);
  return deepFreeze(result.data);
}

/** What the environment sets a variable to; undefined when it is empty or not set. */
export function fromEnvironment(variable: string): string | undefined {
  return process.env[variable] || undefined;
}

/** The file named by `--config FILE` or `HOLDFAST_CONFIG`. A wrong one ends the process with code 2. */
export function loadConfig<T>(
  schema: z.ZodType<T>,
  args: readonly string[] = process.argv.slice(2),
): Readonly<T> {
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } });
    const file = values.config ?? process.env['HOLDFAST_CONFIG'];
    if (!file) throw new ConfigError('say where the configuration is: --config FILE');
    return readConfig(schema, file);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}
