/** Imports and exports of relative paths; text in comments and strings that looks like one is found, too. */
const IMPORT = /\b(?:from|import)\s*(['"])(\.{1,2}\/[^'"\n\\]{1,500})\1/g;

/** The relative paths that a file in TypeScript may import. */
export function importsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(IMPORT)].map(([, , path = '']) => path))];
}

/**
 * The file that an import names, from the root of the project; `null` if it is outside.
 *
 * @param from the file with the import: `machines/r0/machine.ts`
 */
export function importedFile(from: string, path: string): string | null {
  const parts = from.split('/').slice(0, -1);
  for (const step of path.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') parts.push(step);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}
