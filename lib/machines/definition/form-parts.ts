import * as z from 'zod/mini';
import { yamlFlag, yamlInteger, yamlParsed, yamlText } from '../../base/yaml-form.ts';
import { parseSize, SIZE_PATTERN } from './size.ts';

/* The parts that forms of definitions are made of. */

/** Data for editors and the reference: descriptions, and the JSON type of numbers and flags. */
export const DEFINITION_METADATA = z.registry<Record<string, unknown>>();

/** Names of disks, shares and machines become parts of paths, aliases and tags of 9p, which hold 31 bytes. */
const NAME = /^[a-z][a-z0-9-]{0,30}$/;
const NAME_WORDS = 'must be a lowercase letter and up to 30 lowercase letters, digits and hyphens';

export const size = () =>
  jsonForm(
    yamlParsed(parseSize, 'BAD_DEFINITION', ({ message }) => message),
    {
      type: 'string',
      pattern: SIZE_PATTERN,
    },
  );
export const flag = () =>
  jsonForm(
    z.pipe(
      yamlFlag,
      z.transform((value) => value),
    ),
    {
      type: ['boolean', 'string'],
      enum: [true, false, 'on', 'off', 'yes', 'no'],
    },
  );
export const integer = (least: number, most: number) =>
  jsonForm(yamlInteger(least, most), {
    type: 'integer',
    minimum: least,
    maximum: most,
    pattern: undefined,
  });
export const text = (form: RegExp, error: string) => yamlText.check(z.regex(form, { error }));
export const name = () => text(NAME, NAME_WORDS);
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) => z.enum(words);
export const longText = yamlText.check(z.maxLength(500, { error: 'is longer than 500 characters' }));

/** A path below the folder of the machine; nothing in it may lead out of it. */
export const insidePath = yamlText.check(
  z.refine((path) => isInside(path), {
    error: 'must be a relative path inside the folder of the machine, without ".."',
  }),
);

export function key<Form extends z.ZodMiniType>(form: Form, description: string) {
  const optional = z.optional(form);
  DEFINITION_METADATA.add(optional, { description });
  return optional;
}

export function required<Form extends z.ZodMiniType>(form: Form, description: string): Form {
  // Several keys can have the same form, each with its own description.
  const own = form.clone();
  DEFINITION_METADATA.add(own, { description });
  return own;
}

function jsonForm<Form extends z.ZodMiniType>(form: Form, json: Record<string, unknown>): Form {
  DEFINITION_METADATA.add(form, json);
  return form;
}

export function isInside(path: string): boolean {
  return (
    /^[\x21-\x7e][\x20-\x7e]{0,250}$/.test(path) &&
    !path.startsWith('/') &&
    !path.split('/').some((part) => part === '..')
  );
}
