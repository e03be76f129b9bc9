import type { ProcessLike } from './process-like.ts';

/** After this time from the start of the process, a command that printed nothing is taken for a long one. */
const FIRST_SIGN_MS = 200;
/** From the start of the line to its end. */
const ERASE = '\r\u001b[K';

/**
 * Shows that a command is at work, if it prints nothing for a while: on a terminal only, and only until it prints
 * something.
 *
 * @param text one short line
 * @returns a function that removes the line, or prevents it; call it before anything else is printed
 */
export async function showFirstSign(host: ProcessLike, text: string): Promise<() => void> {
  const canErase = host.env['TERM'] !== 'dumb';
  let late = (await host.printLate?.(canErase ? text : `${text}\n`, FIRST_SIGN_MS)) ?? null;
  return () => {
    const isPrinted = late?.callOff() === true;
    late = null;
    if (isPrinted && canErase) host.stderr.write(ERASE);
  };
}
