import { fileURLToPath } from 'node:url';

/** The directory of the package that holds its templates of machines: `CATEGORY/NAME/`. */
export function packageTemplates(): string {
  return fileURLToPath(new URL('../machines/templates', import.meta.url));
}

/** The JSON Schema of machine definitions. */
export function packageDefinitionSchema(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../documents/schemas' : '../schemas';
  return fileURLToPath(new URL(`${folder}/machine-definition.v1.schema.json`, import.meta.url));
}

/** The library that removes the types of TypeScript, as one file of CommonJS. A checkout uses that of its last build. */
export function packageTypeRemover(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../../dist/typescript' : '../typescript';
  return fileURLToPath(new URL(`${folder}/sucrase.cjs`, import.meta.url));
}
