import { ReadableBytes } from './readable-bytes.ts';

/** The standard streams of this process, as bytes. A terminal is put back as it was also if the process ends by itself. */
export function openProcessStreams() {
  const { stdin, stdout } = process;
  const bytes = new ReadableBytes(stdin);
  let isRaw = false;
  const setRaw = (raw: boolean): void => {
    if (!stdin.isTTY || raw === isRaw) return;
    try {
      stdin.setRawMode(raw);
      isRaw = raw;
    } catch {
      // The terminal was hung up: there is nothing left to put back.
      isRaw = false;
    }
  };
  const restore = (): void => setRaw(false);
  process.on('exit', restore);
  // What cannot be written is the answer of each write.
  const ignore = (): void => {};
  stdout.on('error', ignore);
  return {
    input: {
      isTerminal: stdin.isTTY === true,
      read: () => bytes.read(),
      setRaw,
    },
    output: {
      isTerminal: stdout.isTTY === true,
      size: () => (stdout.isTTY ? { rows: stdout.rows, columns: stdout.columns } : null),
      write: (piece: Uint8Array): Promise<boolean> =>
        new Promise((resolve) => {
          if (stdout.destroyed) resolve(false);
          else stdout.write(piece, (error) => resolve(error === undefined || error === null));
        }),
    },
    close(): void {
      restore();
      process.off('exit', restore);
      stdin.removeAllListeners('readable');
      // A read of a terminal that waits would keep the process from ending.
      stdin.pause();
      if ('unref' in stdin) stdin.unref();
    },
  };
}
