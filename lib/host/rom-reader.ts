/**
 * Why a ROM could not be read.
 *
 * - `wake`, `enable`, `read`, `disable`: the step that the kernel refused; `failed` is its name for it: `EIO`.
 * - `differs`: two reads returned different data.
 * - `blocked`: the kernel did not return in time, or the reading process was lost. The ROM is disabled later, if it
 *   was enabled.
 */
export interface RomFailure {
  readonly at: 'wake' | 'enable' | 'read' | 'differs' | 'disable' | 'blocked';
  readonly failed: string;
}

/** The result of reading a ROM: its bytes, up to the end that the kernel reports. */
export type RomReading = Uint8Array | RomFailure;

/** The time limit for a ROM: 16 MiB by words from a slow card. */
export const ROM_TIMEOUT_MS = 120_000;

/**
 * Reads option ROMs. This changes the host for that time: the kernel returns the bytes only while the attribute `rom`
 * is enabled, the card then decodes that address, and a sleeping card returns nothing.
 */
export interface RomReader {
  /**
   * Wakes the function if it sleeps, enables its ROM, reads it twice, and restores the earlier state in every case.
   * Failures of the host are returned, not thrown.
   *
   * @param directory of the function in sysfs, which is absolute
   */
  readRom(directory: string): Promise<RomReading>;
}
