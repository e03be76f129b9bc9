/*
 * What a guest is to have inside: files, directories and settings, each at its place. Nothing here is read from a guest or
 * written to one.
 */

/** How a guest starts its services; `none` starts none by itself. */
export const GUEST_INITS = ['systemd', 'openrc', 'none'] as const;
export type GuestInit = (typeof GUEST_INITS)[number];

/** The most bytes of a file that is written into a guest. Larger ones belong into a share. */
export const MAX_GUEST_FILE_BYTES = 512 * 1024;

/** The owner of a file: a name that the guest knows, or a number. */
export type Owner = string | number;

/** A file of a guest, with its content. */
export interface DesiredFile {
  readonly kind: 'file';
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
  readonly user: Owner;
  readonly group: Owner;
  readonly origin: string;
}

/** A directory of a guest. What is `null` stays as it is in the guest; a new one is of root, with mode 0755. */
export interface DesiredDirectory {
  readonly kind: 'directory';
  readonly path: string;
  readonly mode: number | null;
  readonly user: Owner | null;
  readonly group: Owner | null;
  readonly origin: string;
}

/** A path at which nothing is to be. */
interface DesiredAbsence {
  readonly kind: 'absent';
  readonly path: string;
  readonly origin: string;
}

/** A part of a file whose rest belongs to others. If there is no such file, it is created. */
export interface DesiredEdit {
  readonly kind: 'edit';
  readonly path: string;
  readonly edit: FileEdit;
  /** The mode of a file that is created; 0644 by default. */
  readonly newMode?: number;
  readonly origin: string;
}

/** A change of the text of a file that finds its own earlier result, so that it can be repeated. */
export type FileEdit =
  /** Lines between two marks, at the end of the file if they are not there yet. */
  | { readonly kind: 'block'; readonly name: string; readonly text: string }
  /** One line: in place of the first line that begins so, or at the end. Further lines that begin so are removed. */
  | { readonly kind: 'line'; readonly line: string; readonly startsWith: string }
  /** A line of a table of accounts that is added if none has its key. */
  | { readonly kind: 'entry'; readonly line: string; readonly key: string }
  /** A member of a group, in the form of `/etc/group`. */
  | { readonly kind: 'member'; readonly group: string; readonly user: string };

/** Something of the running guest that is no file: see `guest-settings.ts`. */
export interface DesiredSetting {
  readonly kind: 'setting';
  readonly setting: string;
  /** What it is a setting of: the key of a sysctl, the name of a service. */
  readonly of: string;
  readonly value: string;
  readonly origin: string;
}

/**
 * A service that is started again, if it runs, after a file below one of these paths changed. It comes after the parts that
 * change them.
 */
export interface DesiredRestart {
  readonly kind: 'restart';
  readonly service: string;
  readonly paths: readonly string[];
  readonly origin: string;
}

/** A part of the state of a guest. */
export type DesiredPart =
  | DesiredFile
  | DesiredDirectory
  | DesiredAbsence
  | DesiredEdit
  | DesiredSetting
  | DesiredRestart;

/** A question to the guest whether a part works: a shell script that exits with 0 if it does, and changes nothing. */
export interface GuestCheck {
  /** What is checked, in words. */
  readonly words: string;
  readonly script: string;
  readonly origin: string;
}
