/**
 * A connection to a program of this machine: bytes both ways. Nothing is read ahead without bound: a program that prints
 * faster than its bytes are taken has to wait.
 */
export interface Channel {
  /**
   * The next bytes, at least one; `null` when the other side has closed, or this side has. One call at a time.
   */
  read(): Promise<Uint8Array | null>;
  /** Sends bytes, and waits until the kernel has taken all of them; `false` if the connection is closed. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Closes it; a `read` that waits returns `null`. */
  close(): void;
}

/**
 * Why there is no connection.
 *
 * - `absent`: there is no such socket, or no program listens on it.
 * - `denied`: this user may not open it.
 * - `timeout`: the program did not take the connection in time.
 * - `failed`: another error of the kernel, which `detail` names.
 */
export interface ChannelFailure {
  readonly failed: 'absent' | 'denied' | 'timeout' | 'failed';
  /** The error of the kernel: `ENOENT`. */
  readonly detail: string;
}

/** How long a connection may take where the caller gives no time. */
export const CONNECT_TIMEOUT_MS = 5000;
