/** A write that the kernel refused, or that could not start. */
export interface WriteFailure {
  /** The kernel's name for it: `EBUSY`, `ENODEV`, `ENOENT`, `EINVAL`, `ERANGE`, `EACCES`, … */
  readonly failed: string;
}

/**
 * The result of a write.
 *
 * - `written`: the kernel accepted it. Read the state to check the effect: `drivers_probe` accepts the address of a
 *   device that no driver wants.
 * - `blocked`: it did not return in time, or its process was lost. It may still take effect later: unbinding a device
 *   from vfio-pci waits in the kernel until the last process closes it.
 */
export type Writing = 'written' | 'blocked' | WriteFailure;

/** A write that the kernel has started, and not ended. */
export interface BlockedWrite {
  readonly path: string;
  readonly text: string;
}

/** The default time limit of a write. With many VFs, a driver takes long. */
export const WRITE_TIMEOUT_MS = 60_000;

/** The size limit of one write: the kernel accepts one page for an attribute. */
export const MAX_WRITE_BYTES = 4096;

/**
 * A host that can be changed, only by writing text to an existing attribute. Paths are absolute in the host, as for
 * `HostReader`. Failures of the host are returned, not thrown.
 */
export interface HostWriter {
  /**
   * Writes all of `text` as UTF-8 into an existing file in one write; the file is neither created nor truncated. An
   * empty text is accepted and changes nothing, as in sysfs. Writes run one after another, in the order of the calls;
   * `timeoutMs` applies to each write. A path whose last name is a link fails with ELOOP, a text of more than {@link
   * MAX_WRITE_BYTES} with E2BIG.
   */
  write(path: string, text: string, timeoutMs?: number): Promise<Writing>;

  /** The writes that are still `blocked`; absent if writes of the host cannot block. */
  blocked?(): readonly BlockedWrite[];
}
