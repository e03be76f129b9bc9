import type { ByteGatherer } from './byte-gatherer.ts';

/*
 * The interface by which everything else works inside of a guest: its agent, by any transport. A session ends if the guest
 * stops, closes its side, or breaks the protocol: all calls that wait, and all later ones, then throw AGENT_FAILED with what
 * was wrong.
 */

/** The greeting of an agent, at the beginning of a session. */
export interface GuestHello {
  /** Version of the protocol: 1. */
  readonly protocol: number;
  /** Random id of this boot of the guest's kernel: it changes if the guest reboots. */
  readonly bootId: string;
  readonly uptimeSeconds: number;
  /** Words of what the agent can do: `exec`, `put`, `get`, `event`. Unknown ones are to be ignored. */
  readonly capabilities: readonly string[];
}

/** Options of a script that runs in a guest. */
export interface GuestExecOptions {
  /** The time after which its process group is ended. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Its stdin; with the script at most 1 MiB. Default: empty. */
  readonly input?: Uint8Array | undefined;
  /** The most bytes that it may print on both streams together; with more it is ended. Default: 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /**
   * Receives output as it comes; nothing more is read until it returns. The output is then not collected: `out` and `err`
   * of the result are empty. The bytes are the guest's: escape them before a terminal gets them.
   */
  readonly onOutput?: ((stream: 'out' | 'err', bytes: Uint8Array) => void | Promise<void>) | undefined;
  /** Ends the process group of the script. */
  readonly signal?: AbortSignal | undefined;
}

/** How a script ended. */
export type GuestEnd =
  /** With an exit status, 0 to 255; 128 + N if signal N ended it, as shells report it. */
  | { readonly kind: 'exit'; readonly status: number }
  /** `timeoutMs` was over. */
  | { readonly kind: 'timeout' }
  /** It printed more than `maxOutputBytes`. */
  | { readonly kind: 'too-much-output' }
  /** The caller's `signal` ended it. */
  | { readonly kind: 'cancelled' };

/** The result of a script. */
export interface GuestExit {
  readonly ended: GuestEnd;
  /** Its stdout, at most `maxOutputBytes` with stderr; empty with `onOutput`. */
  readonly out: Uint8Array;
  readonly err: Uint8Array;
}

/** The owner and mode of a file that is written. */
export interface GuestFileMode {
  /** Permission bits: `0o644`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Options for the transfer of a file. */
export interface GuestTransferOptions {
  /** Gets how many of its bytes are transferred, from time to time. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
}

/** Options for reading a file of a guest. */
export interface GuestGetOptions extends GuestTransferOptions {
  readonly maxBytes: number;
  /** Gathers the content. If a session ended in the middle, give it to a call in the next one: it continues. */
  readonly partial?: ByteGatherer | undefined;
}

/** Something that happened in the guest, reported unasked: `boot`, `before-shutdown`. */
export interface GuestEvent {
  /** `[0-9A-Za-z.,:-]`, at most 100 characters. */
  readonly name: string;
  /** Free text of the guest, at most 4 KiB; usually empty. */
  readonly data: Uint8Array;
}

/** A session with the agent of a guest. Close it. */
export interface GuestAgent {
  readonly hello: GuestHello;
  /**
   * Runs a POSIX shell script as root of the guest, with the directory `/`, in a process group of its own. Several can run
   * at a time. It is done when the script has ended and its output was read; a process that it leaves in the background
   * continues.
   *
   * @param script its text; quote words in it with `shellCommand`
   * @throws PortalGunError AGENT_FAILED if the session ends first, BAD_ARGUMENT if the script or its input is too large
   */
  exec(script: string, options?: GuestExecOptions): Promise<GuestExit>;
  /**
   * Writes a file: into a new one beside it, whose SHA-256 is checked, and which then replaces it. A transfer that was cut
   * continues where it ended, if the content is the same. Its directory must exist.
   *
   * @param path absolute
   * @throws PortalGunError GUEST_FILE_FAILED, AGENT_FAILED, BAD_ARGUMENT for a path that is not absolute
   */
  put(path: string, content: Uint8Array, mode: GuestFileMode, options?: GuestTransferOptions): Promise<void>;
  /**
   * Reads a file, and checks its SHA-256.
   *
   * @param path absolute
   * @throws PortalGunError GUEST_FILE_MISSING, GUEST_FILE_FAILED also if it has more than `maxBytes`, AGENT_FAILED,
   *   BAD_ARGUMENT for a path that is not absolute
   */
  get(path: string, options: GuestGetOptions): Promise<Uint8Array>;
  /** Receives events, from now on. Returns a function that ends this. */
  onEvent(listener: (event: GuestEvent) => void): () => void;
  /** Ends the session. The agent then ends the scripts that still run in it. */
  close(): void;
}
