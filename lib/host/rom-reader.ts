/**
 * Why a ROM could not be read.
 *
 * - `wake`, `enable`, `read`, `disable`: the step that the kernel refused; `failed` is its name for it: `EIO`.
 * - `differs`: read twice, it was not the same.
 * - `blocked`: the kernel did not come back in time, or what read it was lost. It is yet switched off, if it was on.
 */
export interface RomFailure {
  readonly at: 'wake' | 'enable' | 'read' | 'differs' | 'disable' | 'blocked';
  readonly failed: string;
}

/** The result of reading a ROM: its bytes, up to the end that the kernel reports. */
export type RomReading = Uint8Array | RomFailure;

/** How long a ROM is waited for: 16 MiB by words from a slow card. */
export const ROM_TIMEOUT_MS = 120_000;

/**
 * Reads option ROMs. That changes the host, for as long as it takes: the kernel gives the bytes only while the attribute
 * `rom` is switched on, decodes its address at the card meanwhile, and gives nothing of a card that sleeps.
 */
export interface RomReader {
  /**
   * Wakes the function where it sleeps, switches its ROM on, reads it twice, and puts all back as it was, whatever comes of
   * it. Does not throw for what the host answers.
   *
   * @param directory of the function in sysfs, which is absolute
   */
  readRom(directory: string): Promise<RomReading>;
}
