/** A file that another program writes to, such as a log. It is read piece by piece, however large it is. */
export interface GrowingFile {
  /** Its length in bytes now. */
  size(): number;
  /** Bytes from an offset, at most `length`; fewer at the end of the file. */
  read(offset: number, length: number): Uint8Array;
  /** Whether another file has been put at its path, or none is there: it was rotated. */
  isReplaced(): boolean;
  close(): void;
}
