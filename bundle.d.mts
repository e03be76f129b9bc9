import type { BuildOptions } from 'esbuild';

export const PROGRAMS: readonly string[];
export const BUNDLE: BuildOptions;
