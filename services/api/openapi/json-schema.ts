import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

const componentUri = (name: string): string => `#/components/schemas/${name}`;

/** Plainer than zod has it: what every JSON number holds is no bound, and a record of known keys is an object. */
function plainer(schema: JsonSchema, io: 'input' | 'output'): void {
  delete schema.$schema;
  delete schema.$id;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  const { propertyNames: names, additionalProperties: each } = schema;
  if (typeof names === 'object' && names.enum !== undefined && typeof each === 'object') {
    schema.properties = Object.fromEntries(names.enum.map((name) => [String(name), each]));
    delete schema.propertyNames;
    schema.additionalProperties = false;
  }
  // Answers may grow: who reads them passes over what is new.
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

/** Named schemas as the document's components; each refers to the others by name. */
export class Components {
  private readonly registry = z.registry<{ id: string }>();

  constructor(private readonly io: 'input' | 'output', named: Readonly<Record<string, z.ZodType>>) {
    for (const [id, schema] of Object.entries(named)) this.registry.add(schema, { id });
  }

  /** A reference to it. One that has no name yet gets this one. */
  reference(schema: z.ZodType, otherwise: string): { $ref: string } {
    const known = this.registry.get(schema)?.id;
    if (known === undefined) this.registry.add(schema, { id: otherwise });
    return { $ref: componentUri(known ?? otherwise) };
  }

  schemas(): Record<string, JsonSchema> {
    const { io } = this;
    const { schemas } = z.toJSONSchema(this.registry, {
      io,
      uri: componentUri,
      override: ({ jsonSchema }) => plainer(jsonSchema, io),
    });
    for (const schema of Object.values(schemas)) plainer(schema, io);
    return schemas;
  }
}

/** Of one that nothing refers to, as a parameter. */
export function inlineSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, { io: 'input', override: ({ jsonSchema }) => plainer(jsonSchema, 'input') });
  plainer(json, 'input');
  return json;
}
