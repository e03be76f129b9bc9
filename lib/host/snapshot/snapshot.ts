import type { FileStatus } from '../host-reader.ts';

/**
 * A read of a host, with its path. Each path has one entry: a file, a link, a listed directory, or the reason for a
 * failure.
 */
export type SnapshotEntry =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string }
  /** Lines taken from a large table by their prefixes. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly names: readonly string[] }
  | { readonly kind: 'failure'; readonly unknown: 'denied' | 'broken'; readonly detail: string }
  /** The type and permissions of a file; it was not read. */
  | { readonly kind: 'status'; readonly status: FileStatus }
  /** The path exists; nothing else was asked. */
  | { readonly kind: 'present' }
  /** The path exists and is not a link; nothing else was asked. */
  | { readonly kind: 'no-link' }
  | { readonly kind: 'absent' };

/** Whether serial numbers, MACs, host names and UUIDs are original or replaced by stand-ins. */
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
