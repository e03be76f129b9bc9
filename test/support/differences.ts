import { expect } from 'vitest';
import { buildHost } from './host-builder.ts';
import { hostFile } from './host-file.ts';
import type { FunctionSpec } from './host-spec.ts';
import { pciInside } from './pci-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * Returns a function that writes a host with some functions, for the tests of a file; the function returns the path
 * for `diff`.
 */
export function hostWriter(): (...functions: readonly FunctionSpec[]) => string {
  const folder = temporaryFolder();
  let hosts = 0;
  return (...functions) => {
    hosts += 1;
    const label = `host-${hosts}`;
    return hostFile(folder, label, buildHost({ label, iommu: 'dmar0', functions }));
  };
}

interface Difference {
  readonly kind: string;
  readonly before: { readonly address: string } | null;
  readonly after: { readonly address: string } | null;
  readonly changes: readonly { readonly fact: string }[];
}

/** The differences of `diff`, one line each: `moved 02:00.0 > 03:00.0 driver`. */
export async function differences(before: string, after: string): Promise<readonly string[]> {
  const { exitCode, stdout } = await pciInside(['diff', before, after, '--json']);
  const document = JSON.parse(stdout) as { differences: Difference[] };
  expect(exitCode).toBe(document.differences.length === 0 ? 0 : 1);
  return document.differences.map(({ kind, before: was, after: is, changes }) => {
    const place = [...new Set([was?.address, is?.address])].filter((address) => address !== undefined);
    return [kind, place.join(' > '), ...changes.map(({ fact }) => fact)].join(' ').replaceAll('0000:', '');
  });
}
