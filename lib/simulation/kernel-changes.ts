import type { KernelVersion } from '../sysfs/kernel-release.ts';

/**
 * Changes in Linux's answers to writes, with the first patch of each stable series that has it, by their change logs.
 * For a series that is not listed, it is unknown.
 */
const KERNEL_CHANGES = {
  /** "PCI/sysfs: Use kstrtobool() to parse the ROM attribute input". */
  'rom-by-word': { '6.12': 111 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

export type KernelChange = keyof typeof KERNEL_CHANGES;

/** Whether a kernel has a change; `null` if unknown. */
export function hasKernelChange(change: KernelChange, version: KernelVersion | null): boolean | null {
  if (version === null || version.patch === null) return null;
  const series: Readonly<Record<string, number>> = KERNEL_CHANGES[change];
  const first = series[`${version.major}.${version.minor}`];
  return first === undefined ? null : version.patch >= first;
}
