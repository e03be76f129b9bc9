import { yamlParsed } from '../../base/yaml-form.ts';
import { parseSelector, type Selector } from '../../pci/selector/selector-parser.ts';

/** A selector in a file; `parse` is for a file that allows other words too. */
export const selectorForm = (parse: (text: string) => Selector = parseSelector) =>
  yamlParsed(parse, 'BAD_SELECTOR', ({ subject, message }) => `"${subject}" ${message}`);
