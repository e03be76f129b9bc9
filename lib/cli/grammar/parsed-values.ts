import type { Command, OptionDefinition, Values } from './command.ts';

/** The mark before a word that begins with a dash and is not an option: no argument of a process can contain it. */
export const MASK = '\0';

/**
 * The values for a command from the result of its parser: each with the type in the definition, by a name in camel
 * case.
 */
export function parsedValues(
  { options, positionals }: Pick<Command, 'options' | 'positionals'>,
  parsed: Readonly<Record<string, unknown>>,
): Values {
  const values: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(options)) {
    values[camelCase(name)] = optionValue(definition, given(parsed[name]));
  }
  for (const [name, { array }] of Object.entries(positionals)) {
    const words = given(parsed[name]).map(unmasked);
    values[name] = array === true ? words : words[0];
  }
  return values;
}

/** The values of all occurrences. */
function given(value: unknown): readonly unknown[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => each !== undefined);
}

/** If an option may be given only once, the last one counts. */
function optionValue({ type, array, negatable }: OptionDefinition, values: readonly unknown[]): unknown {
  const last = values.at(-1);
  if (type === 'boolean') return typeof last === 'boolean' ? last : negatable === true ? undefined : false;
  return array === true ? values.map(String) : last === undefined ? undefined : String(last);
}

function unmasked(word: unknown): string {
  return String(word).replace(MASK, '');
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
