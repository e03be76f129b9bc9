import { fileURLToPath } from 'node:url';

/** The directory of the package that holds its templates of machines: `CATEGORY/NAME/`. */
export function packageTemplates(): string {
  return fileURLToPath(new URL('../machines/templates', import.meta.url));
}
