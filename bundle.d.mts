import type { BuildOptions, Metafile } from 'esbuild';

export const PROGRAMS: readonly string[];
export const START: string;
export const CORE: string;
export const BUNDLE: BuildOptions & { readonly outdir: string };
export function bundlePrograms(): Promise<{
  readonly files: ReadonlyMap<string, string>;
  readonly metafile: Metafile;
  readonly parts: ReadonlyMap<string, string>;
}>;

export function bundleTypeRemover(): Promise<string>;
