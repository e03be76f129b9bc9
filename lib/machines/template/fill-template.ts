import { Liquid, LiquidError } from 'liquidjs';
import { PortalGunError } from '../../base/errors.ts';

/** Values of a template by name. */
export interface TemplateValues {
  readonly [name: string]: string | number | boolean | readonly TemplateValues[] | TemplateValues;
}

/** Far more than any file of a machine needs; a template with an endless loop ends at this limit. */
const LIMITS = { parseLimit: 1_000_000, renderLimit: 2000, memoryLimit: 10_000_000 };

/**
 * Fills values into a file of a template, in the language Liquid: `{{ memory }}`, `{% if wan %} … {% endif %}`. The filter
 * `yaml` quotes a value for YAML. A name that has no value is an error, and no file is included.
 *
 * @throws PortalGunError BAD_DEFINITION, with line and column
 */
export function fillTemplate(text: string, values: TemplateValues, fileName: string): string {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    lenientIf: false,
    templates: {},
    ...LIMITS,
  });
  engine.registerFilter('yaml', (value: unknown) => JSON.stringify(String(value)));
  const fail = (at: string, words: string): never => {
    throw new PortalGunError('BAD_DEFINITION', words, { subject: `${fileName}${at}` });
  };
  if (text.length > LIMITS.parseLimit) return fail('', `is longer than ${LIMITS.parseLimit} characters`);
  try {
    return engine.parseAndRenderSync(text, values);
  } catch (error) {
    // The stack of the engine ends before its limits if blocks are in thousands of others.
    if (error instanceof RangeError) return fail('', 'is nested too deeply');
    if (!LiquidError.is(error)) throw error;
    const [line, column] = error.token.getPosition();
    const [words = ''] = (error as Error).message.replace(/, line:\d+, col:\d+$/, '').split('\n');
    return fail(`:${line}:${column}`, words);
  }
}
