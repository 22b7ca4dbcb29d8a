/** Templates: VMs with places for parameters, of which as many VMs can be made as one likes. */
import { z } from 'zod';
import { nameSchema } from './names.js';

export const maxTemplateBytes = 65_536;
export const maxParameters = 32;
const maxChoices = 64;
const maxTextLength = 32_768;

/** As it stands between the braces of `{{cpus}}`. */
export const parameterNameSchema = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'use 1 to 40 letters and digits that begin with a lower-case letter');

const description = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u, 'use no control characters')
  .optional();
const length = z.number().int().min(0).max(maxTextLength);

/** One without a default has to be given. */
export const templateParameterSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('string'), description,
    default: z.string().max(maxTextLength).optional(),
    minLength: length.optional(),
    maxLength: length.optional().describe('Left out: 200.'),
  }),
  z.strictObject({
    type: z.literal('number'), description,
    default: z.number().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    integer: z.boolean().optional().describe('Left out: only whole numbers.'),
  }),
  z.strictObject({ type: z.literal('boolean'), description, default: z.boolean().optional() }),
  z.strictObject({
    type: z.literal('choice'), description,
    default: z.union([z.string(), z.number()]).optional(),
    choices: z.array(z.union([z.string().max(200), z.number()])).min(1).max(maxChoices),
  }),
]);
export type TemplateParameter = z.infer<typeof templateParameterSchema>;

/** What a VM is created with, but its name; a text `{{NAME}}` in it stands for the parameter of that name. */
export const templateVmSchema = z
  .record(z.string().max(100), z.unknown())
  .refine((vm) => JSON.stringify(vm).length <= maxTemplateBytes, `at most ${maxTemplateBytes / 1024} KiB`);
export type TemplateVm = z.infer<typeof templateVmSchema>;

export const templateBodySchema = z.strictObject({
  description,
  parameters: z
    .record(parameterNameSchema, templateParameterSchema)
    .refine((given) => Object.keys(given).length <= maxParameters, `at most ${maxParameters} parameters`)
    .default({}),
  vm: templateVmSchema,
});
export type TemplateBody = z.infer<typeof templateBodySchema>;

export const newTemplateSchema = templateBodySchema.extend({ name: nameSchema });

/** Which template, and what for its parameters. */
export const fromTemplateShape = {
  template: nameSchema,
  parameters: z
    .record(z.string().max(40), z.union([z.string().max(maxTextLength), z.number(), z.boolean()]))
    .default({})
    .describe('By name; one that is left out has its default.'),
};
