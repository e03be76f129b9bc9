import type { LateLine } from '../../host/live/late-line.ts';
import { plainOutput } from '../../host/live/plain-output.ts';
import { collectOften } from '../../host/this-process.ts';
import type { EndingSignal } from './dialogue.ts';
import type { OutputStream } from './output.ts';
import type { RawStreams } from './raw-streams.ts';

function outputOf(descriptor: 1 | 2, stream: () => OutputStream): OutputStream {
  const plain = plainOutput(descriptor);
  if (plain === null) return stream();
  // A failed write throws immediately, and not later.
  return { write: (text) => plain.write(text), on: () => {} };
}

let stdout: OutputStream | undefined;
let stderr: OutputStream | undefined;

/** The process that runs a program; its streams are created on demand, because each takes time. */
export const THIS_PROCESS = {
  get argv(): readonly string[] {
    return process.argv;
  },
  env: process.env,
  get stdin(): { readonly isTTY?: boolean } {
    return process.stdin;
  },
  get stdout(): OutputStream {
    stdout ??= outputOf(1, () => process.stdout);
    return stdout;
  },
  get stderr(): OutputStream {
    stderr ??= outputOf(2, () => process.stderr);
    return stderr;
  },
  async printLate(line: string, afterMs: number): Promise<LateLine | null> {
    // Few programs have a terminal.
    if (plainOutput(2) !== null) return null;
    const { LateLine, showsProgress } = await import('../../host/live/late-line.ts');
    return showsProgress() ? LateLine.start(line, { afterMs, descriptor: 2 }) : null;
  },
  saveMemory: collectOften,
  set exitCode(code: number) {
    process.exitCode = code;
  },
  on: (signal: EndingSignal, listener: (signal: EndingSignal) => void) => process.on(signal, listener),
  off: (signal: EndingSignal, listener: (signal: EndingSignal) => void) => process.off(signal, listener),
  async openStreams(): Promise<RawStreams> {
    const { openProcessStreams } = await import('../../host/live/process-streams.ts');
    return openProcessStreams();
  },
};
