import { yamlParsed } from '../../base/yaml-form.ts';
import { parseSelector, type Selector } from '../../pci/selector/selector-parser.ts';

/** A selector as a file has it; with `parse`, of a file that has words of its own beside selectors. */
export const selectorForm = (parse: (text: string) => Selector = parseSelector) =>
  yamlParsed(parse, 'BAD_SELECTOR', ({ subject, message }) => `"${subject}" ${message}`);
