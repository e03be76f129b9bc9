import { PortalGunError } from '../../base/errors.ts';
import type { YamlNode } from '../../base/yaml-node.ts';
import { parseSelector, type Selector } from '../../pci/selector/selector-parser.ts';

/**
 * A selector as a file has it.
 *
 * @throws PortalGunError with the code of the file, and line and column
 */
export function selectorIn(node: YamlNode): Selector {
  try {
    return parseSelector(node.text());
  } catch (error) {
    if (!(error instanceof PortalGunError) || error.code !== 'BAD_SELECTOR') throw error;
    return node.fail(`"${error.subject}" ${error.message}`, error.hint);
  }
}
