/** The streams of a process as bytes, for a command that is a dialogue with another program. */
export interface RawStreams {
  readonly input: {
    readonly isTerminal: boolean;
    /** The next bytes; `null` at the end. */
    read(): Promise<Uint8Array | null>;
    /** Whether each key is passed on as it is pressed, also Ctrl-C: only for a terminal. */
    setRaw(isRaw: boolean): void;
  };
  readonly output: {
    readonly isTerminal: boolean;
    /** Of a terminal. */
    size(): { readonly rows: number; readonly columns: number } | null;
    /** Writes bytes, and waits until they are out of this process; `false` if nothing reads them any longer. */
    write(bytes: Uint8Array): Promise<boolean>;
  };
  /** Puts the terminal back as it was; the process can end then, also while a `read` waits. */
  close(): void;
}
