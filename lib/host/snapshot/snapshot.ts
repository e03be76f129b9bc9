import type { FileStatus } from '../host-reader.ts';

/**
 * A read of a host, with its path. A path stands once: a file that was read, a link, a directory that was listed, or
 * why it could not be had.
 */
export type SnapshotEntry =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  /** Lines taken from a large table by their prefixes. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly names: readonly string[] }
  | { readonly kind: 'failure'; readonly unknown: 'denied' | 'broken'; readonly detail: string }
  /** What it is, and who may do what with it; it was not read. */
  | { readonly kind: 'status'; readonly status: FileStatus }
  /** It is there; that is all that was asked. */
  | { readonly kind: 'present' }
  /** It is there and is no link; nothing more was asked. */
  | { readonly kind: 'no-link' }
  | { readonly kind: 'absent' };

/** Whether serial numbers, MACs, host names and UUIDs are the host's own or stand-ins for them. */
export type Identifiers = 'raw' | 'replaced';

/** A captured host as a value. */
export interface Snapshot {
  readonly label: string;
  readonly identifiers: Identifiers;
  readonly entries: ReadonlyMap<string, SnapshotEntry>;
}

/** Splits an absolute path into its directory and its last name; the root's directory is itself. */
export function splitPath(path: string): { readonly directory: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { directory: slash <= 0 ? '/' : path.slice(0, slash), name: path.slice(slash + 1) };
}
