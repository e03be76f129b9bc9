import { execa } from 'execa';

/** A program in a terminal of the kernel. */
export interface InTerminal {
  /** What the terminal showed so far, with what acts on it. */
  screen(): string;
  /** Types. */
  type(text: string): void;
  /** Waits until the terminal has shown a text. */
  shows(text: string): Promise<void>;
  /** Its exit code, once it has ended. */
  readonly exitCode: Promise<number | undefined>;
  /** Ends the terminal, as when its window is closed. */
  hangUp(): void;
}

const WAIT_MS = 60_000;
const LOOK_MS = 20;

/** Starts a shell command in a pseudo-terminal, which `script` of util-linux makes. */
export function inTerminal(command: string, options: { readonly cwd: string }): InTerminal {
  const child = execa('script', ['-qfec', command, '/dev/null'], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', TERM: 'xterm', SHELL: '/bin/sh' },
    extendEnv: false,
    stdin: 'pipe',
    reject: false,
    timeout: 120_000,
  });
  let screen = '';
  child.stdout.on('data', (piece: Buffer) => {
    screen += piece.toString();
  });
  return {
    screen: () => screen,
    type: (text) => {
      child.stdin.write(text);
    },
    async shows(text) {
      const deadline = Date.now() + WAIT_MS;
      while (!screen.includes(text)) {
        if (Date.now() > deadline)
          throw new Error(`${JSON.stringify(text)} is not in ${JSON.stringify(screen)}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    exitCode: child.then(({ exitCode }) => exitCode),
    hangUp: () => {
      child.kill('SIGKILL');
    },
  };
}
