/** A write that the kernel refused, or that could not start. */
export interface WriteFailure {
  /** The kernel's name for it: `EBUSY`, `ENODEV`, `ENOENT`, `EINVAL`, `ERANGE`, `EACCES`, … */
  readonly failed: string;
}

/**
 * The result of a write.
 *
 * - `written`: the kernel took it. Whether it had the effect that was meant is for a read to tell:
 *   `drivers_probe` takes the address of a device that no driver wants.
 * - `blocked`: it did not come back in time, or what made it was lost. It may yet take effect, at any time:
 *   unbinding a device from vfio-pci waits in the kernel until the last process lets go of it.
 */
export type Writing = 'written' | 'blocked' | WriteFailure;

/** A write that the kernel has begun, and not ended. */
export interface BlockedWrite {
  readonly path: string;
  readonly text: string;
}

/** How long a write is waited for where the caller does not say. Many VFs take a driver its time. */
export const WRITE_TIMEOUT_MS = 60_000;

/** The most that is written at once: the kernel takes a page of an attribute, and no more. */
export const MAX_WRITE_BYTES = 4096;

/**
 * A host that can be changed, only by writing text to an existing attribute. Paths are absolute in the host, as for
 * `HostReader`. No method throws for what the host answers.
 */
export interface HostWriter {
  /**
   * Writes all of `text` as UTF-8 into an existing file in one go: nothing is made and nothing cut off. An
   * empty text is taken and changes nothing, as sysfs has it. Writes are made one after another, in the order of
   * the calls; `timeoutMs` is of each alone. A path whose last name is a link fails with ELOOP, a text of
   * more than {@link MAX_WRITE_BYTES} with E2BIG.
   */
  write(path: string, text: string, timeoutMs?: number): Promise<Writing>;

  /** The writes that were found `blocked` and have not come back since; none where a host has no such thing. */
  blocked?(): readonly BlockedWrite[];
}
